import type {ObservedFacts, StructureFacts} from '../model/facts.ts'
import {valueOf} from '../model/facts.ts'
import type {Move} from '../model/plan.ts'
import type {Draft} from './plan-draft.ts'
import {answerTo, subjectId} from './plan-draft.ts'
import type {PlanContext} from './target.ts'

/** What a move says of its source, whatever the target. */
export function knownOfSource(
  {context: {graph, observation, decisions}}: Draft,
  source: string,
): Pick<Move, 'identity' | 'sourceType' | 'deliveryLimit' | 'deadLetters' | 'expected'> {
  return {
    ...identityOf(answerTo(decisions, subjectId('identity', source))),
    ...limitsOf(graph.destinations.get(source)?.facts ?? {}),
    expected: backlogOf(observation?.destinations[source]),
  }
}

/** One consumer at a time reads it, so order counts: a single active consumer, or one seen to keep the others out. */
export function hasOneReader({graph, observation}: PlanContext, id: string): boolean {
  return (
    valueOf(graph.destinations.get(id)?.facts.singleActiveConsumer) === true ||
    valueOf(observation?.destinations[id]?.exclusiveConsumer) === true
  )
}

/** What the operator vouches for as unique: `--answer identity:<queue id>=property:message-id`. */
const identityOf = (answer: string | null): {identity?: string} =>
  answer !== null && /^(?:header|property):./.test(answer) ? {identity: answer} : {}

function limitsOf(facts: StructureFacts): Pick<Move, 'sourceType' | 'deliveryLimit' | 'deadLetters'> {
  const deliveryLimit = valueOf(facts.deliveryLimit) ?? null
  const exchange = valueOf(facts.deadLetterExchange)
  return {
    sourceType: valueOf(facts.type) ?? 'unknown',
    deliveryLimit,
    ...(deliveryLimit !== null && typeof exchange === 'string' && {deadLetters: true}),
  }
}

function backlogOf(observed: ObservedFacts | undefined): {messages: number | null; bytes: number | null} {
  const ready = valueOf(observed?.ready)
  const unacked = valueOf(observed?.unacked)
  const sum = ready === undefined ? undefined : ready + (unacked ?? 0)
  return {messages: valueOf(observed?.messages) ?? sum ?? null, bytes: valueOf(observed?.bytes) ?? null}
}
