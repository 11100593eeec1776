import type {Score} from '../../model/assessment.ts'
import type {Advice} from '../../model/platform.ts'
import {feedersOf, queuesBehind} from '../../routing/flows.ts'
import type {Graph} from '../../routing/graph.ts'
import type {Choice} from './choose.ts'

/** Choices of one preference by destination id, changed in place. */
export type Choices = Map<string, Choice>

export interface Coupling {
  readonly graph: Graph
  /** Of one platform; undefined when the advice is none of the five. */
  readonly score: (id: string, advice: Advice) => Score | undefined
  readonly kind: (id: string) => 'exchange' | 'queue'
  /** Queues that a helper queue works for. */
  readonly serves: (id: string) => readonly string[]
}

const isBroker = (advice: Advice): boolean => advice.startsWith('amazon-mq-')
const isSqs = (advice: Advice): boolean =>
  advice === 'sqs-standard' || advice === 'sqs-fifo' || advice === 'sns-sqs'

/**
 * An exchange and its queues live together: a topic cannot deliver to a broker, nor an exchange to SQS. Exchanges
 * follow their queues when all of those agree; queues then follow what feeds them.
 */
export function couple(choices: Choices, coupling: Coupling): void {
  for (const [id, choice] of choices) {
    if (coupling.kind(id) === 'exchange') choices.set(id, followQueues(id, choice, choices, coupling))
  }
  for (const [id, choice] of choices) {
    if (coupling.kind(id) === 'queue') choices.set(id, followFeeders(id, choice, choices, coupling))
  }
  for (const [id, choice] of choices) choices.set(id, followServed(id, choice, choices, coupling))
}

function followQueues(id: string, choice: Choice, choices: Choices, coupling: Coupling): Choice {
  const queues = queuesBehind(coupling.graph, id)
  const advice = theOnly(queues, choices)
  if (advice === undefined || isSqs(advice) || advice === choice.advice || advice === 'retire') return choice
  const whose = queues.length === 1 ? 'its only queue' : `all of its ${queues.length} queues`
  return follow(choice, {advice, because: `stays with ${whose}`}, coupling.score(id, advice)) ?? choice
}

function followFeeders(id: string, choice: Choice, choices: Choices, coupling: Coupling): Choice {
  if (!isSqs(choice.advice)) return choice
  const feeders = feedersOf(coupling.graph, id).filter((feeder) => choices.has(feeder))
  const lead = leadOf(feeders, choice, choices)
  return lead === null ? choice : (follow(choice, lead, coupling.score(id, lead.advice)) ?? choice)
}

interface Lead {
  readonly advice: Advice
  readonly because: string
}

/** Where its exchanges take a queue that would go to SQS by itself. */
function leadOf(feeders: readonly string[], {advice}: Choice, choices: Choices): Lead | null {
  const only = theOnly(feeders, choices)
  const because = `is fed only by ${name(feeders)}`
  if (only !== undefined && (isBroker(only) || only === 'stay')) return {advice: only, because}
  if (advice !== 'sqs-standard') return null
  if (only === 'sqs-fifo') return {advice: only, because: `${because}, which keeps an order`}
  const topic = feeders.find((feeder) => choices.get(feeder)?.advice === 'sns-sqs')
  return topic === undefined ? null : {advice: 'sns-sqs', because: `subscribes to the topic of ${topic}`}
}

/** A queue in which messages only wait stays with the queue they wait for. */
function followServed(id: string, choice: Choice, choices: Choices, coupling: Coupling): Choice {
  const places = coupling.serves(id).flatMap((queue) => choices.get(queue) ?? [])
  const place = places.find(({advice}) => isSqs(advice)) ?? places[0]
  if (place === undefined || choice.advice === 'retire' || sideOf(place.advice) === sideOf(choice.advice))
    return choice
  const advice = isSqs(place.advice) ? 'sqs-standard' : place.advice
  const lead = {advice, because: 'stays with the queue that messages wait for'}
  return follow(choice, lead, coupling.score(id, advice)) ?? choice
}

const name = (feeders: readonly string[]): string =>
  feeders.length === 1 ? (feeders[0] ?? '') : `${feeders.length} exchanges`

/** The advice they all share; undefined when there are none or they differ. */
function theOnly(ids: readonly string[], choices: Choices): Advice | undefined {
  const advice = new Set(ids.flatMap((id) => choices.get(id)?.advice ?? []))
  return advice.size === 1 ? [...advice][0] : undefined
}

/** Null when the platform is blocked for this destination: then they part, and somebody must decide. */
function follow(choice: Choice, {advice, because}: Lead, score: Score | undefined): Choice | null {
  if (score === undefined) {
    return {...choice, advice, score: null, because: `${because}; alone: ${alone(choice)}`, ties: []}
  }
  if (score.blockedBy.length > 0) return null
  return {
    advice,
    score: score.score,
    confidence: score.confidence,
    because: `${because}; fit ${Math.round(score.fit)}, benefit ${Math.round(score.benefit)}; alone: ${alone(choice)}`,
    ties: choice.ties.filter((platform) => platform !== advice),
  }
}

const alone = ({advice, score}: Choice): string =>
  score === null ? advice : `${advice} ${Math.round(score)}`

type Side = 'sqs' | 'broker' | 'other'
const sideOf = (advice: Advice): Side => {
  if (isSqs(advice)) return 'sqs'
  return isBroker(advice) ? 'broker' : 'other'
}

/** Queues of this exchange go somewhere the exchange does not. */
export function parted(exchange: string, choices: Choices, graph: Graph): boolean {
  const ids = [exchange, ...queuesBehind(graph, exchange)]
  const sides = new Set(ids.flatMap((id) => choices.get(id)?.advice ?? []).map(sideOf))
  return sides.size > 1
}
