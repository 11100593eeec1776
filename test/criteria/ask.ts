import type {Answer, Criterion, Judgement} from '../../src/criteria/criterion.ts'
import {judgementFor, valuesOf} from '../../src/criteria/criterion.ts'
import type {Body} from '../../src/model/artefact.ts'
import type {Destination, Inventory, Observation} from '../../src/model/inventory.ts'
import {PLATFORMS, type Platform} from '../../src/model/platform.ts'
import {buildGraph} from '../../src/routing/graph.ts'
import {describeEstate, factsOf} from '../../src/stages/assess/estate.ts'

export interface Case {
  readonly inventory: Body<Inventory>
  readonly observation?: Observation
  /** The destination asked about; the first of the inventory when left out. */
  readonly about?: Destination
}

export function ask(criterion: Criterion, {inventory, observation, about}: Case): Answer {
  const facts = factsOf(inventory, observation)
  const estate = describeEstate(inventory, observation, facts)
  if (criterion.scope === 'estate') return criterion.ask(estate).answer
  const destination = about ?? inventory.destinations[0]
  if (destination === undefined) throw new Error('the case has no destination')
  return criterion.ask({
    destination,
    facts: facts(destination.id),
    values: valuesOf(facts(destination.id)),
    graph: buildGraph(inventory),
    estate,
  }).answer
}

/** `rabbitmq activemq standard fifo sns`, each as N A L B or ? */
export function letters(answer: Answer): string {
  if ('notApplicable' in answer) return 'not applicable'
  if ('unanswered' in answer) return 'unknown'
  return PLATFORMS.map((platform) => LETTER[judgementFor(answer, platform).verdict]).join('')
}

const LETTER: Readonly<Record<Judgement['verdict'], string>> = {
  native: 'N',
  adapt: 'A',
  lossy: 'L',
  blocker: 'B',
  unknown: '?',
}

export function judgementOf(answer: Answer, platform: Platform): Judgement {
  if ('notApplicable' in answer || 'unanswered' in answer) throw new Error(JSON.stringify(answer))
  return judgementFor(answer, platform)
}
