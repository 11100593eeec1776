import danglingBinding from './dangling-binding.ts'
import deadLetterCycle from './dead-letter-cycle.ts'
import deadLettersReachNobody from './dead-letters-reach-nobody.ts'
import delayedRetryLoop from './delayed-retry-loop.ts'
import exchangeWithOneReader from './exchange-with-one-reader.ts'
import framework from './framework.ts'
import type {Pattern} from './pattern.ts'
import runTimeArtefact from './run-time-artefact.ts'
import unboundQueue from './unbound-queue.ts'

export const PATTERNS: readonly Pattern[] = [
  runTimeArtefact,
  delayedRetryLoop,
  deadLetterCycle,
  deadLettersReachNobody,
  exchangeWithOneReader,
  unboundQueue,
  danglingBinding,
  framework,
]
