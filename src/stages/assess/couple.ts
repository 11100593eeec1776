import type {Score} from '../../model/assessment.ts'
import {type Advice, type Preference, PREFERENCES} from '../../model/platform.ts'
import {feedersOf, queuesBehind} from '../../routing/flows.ts'
import type {Graph} from '../../routing/graph.ts'
import type {Choice} from './choose.ts'
import type {Place, Places} from './place.ts'
import {scored} from './score.ts'

const isBroker = (advice: Advice): boolean => advice.startsWith('amazon-mq-')
const isSqs = (advice: Advice): boolean =>
  advice === 'sqs-standard' || advice === 'sqs-fifo' || advice === 'sns-sqs'
const isExchange = ({judged}: Place): boolean => judged.destination.kind === 'exchange'

/**
 * An exchange and its queues live together: a topic cannot deliver to a broker, nor an exchange to SQS. Exchanges
 * follow their queues when all of those agree; queues then follow what feeds them. Neighbours are looked up once for
 * all preferences.
 */
export function couple(places: Places, graph: Graph): void {
  for (const [id, place] of places)
    if (isExchange(place)) followQueues(place, known(queuesBehind(graph, id), places))
  for (const [id, place] of places)
    if (!isExchange(place)) followFeeders(place, known(feedersOf(graph, id), places))
  for (const place of places.values()) {
    const served = place.noticed?.serves
    if (served !== undefined) followServed(place, known(served, places))
  }
}

const known = (ids: readonly string[], places: Places): Place[] => ids.flatMap((id) => places.get(id) ?? [])

function followQueues(place: Place, queues: readonly Place[]): void {
  const whose = queues.length === 1 ? 'its only queue' : `all of its ${queues.length} queues`
  for (const preference of PREFERENCES) {
    const advice = theOnly(queues, preference)
    if (advice === undefined || isSqs(advice) || advice === 'retire') continue
    if (advice === place.choices[preference].advice) continue
    follow(place, preference, {advice, because: `stays with ${whose}`})
  }
}

function followFeeders(place: Place, feeders: readonly Place[]): void {
  for (const preference of PREFERENCES) {
    const {advice} = place.choices[preference]
    const lead = isSqs(advice) ? leadOf(feeders, advice, preference) : null
    if (lead !== null) follow(place, preference, lead)
  }
}

interface Lead {
  readonly advice: Advice
  readonly because: string
}

/** Where its exchanges take a queue that would go to SQS by itself. */
function leadOf(feeders: readonly Place[], advice: Advice, preference: Preference): Lead | null {
  const only = theOnly(feeders, preference)
  if (only !== undefined && (isBroker(only) || only === 'stay')) {
    return {advice: only, because: `is fed only by ${named(feeders)}`}
  }
  if (advice !== 'sqs-standard') return null
  if (only === 'sqs-fifo')
    return {advice: only, because: `is fed only by ${named(feeders)}, which keeps an order`}
  const topic = feeders.find(({choices}) => choices[preference].advice === 'sns-sqs')
  return topic === undefined
    ? null
    : {advice: 'sns-sqs', because: `subscribes to the topic of ${topic.judged.destination.id}`}
}

/** A queue in which messages only wait stays with the queue they wait for. */
function followServed(place: Place, served: readonly Place[]): void {
  for (const preference of PREFERENCES) {
    const advices = served.map(({choices}) => choices[preference].advice)
    const there = advices.find(isSqs) ?? advices[0]
    const {advice} = place.choices[preference]
    if (there === undefined || advice === 'retire' || sideOf(there) === sideOf(advice)) continue
    follow(place, preference, {
      advice: isSqs(there) ? 'sqs-standard' : there,
      because: 'stays with the queue that messages wait for',
    })
  }
}

const named = (feeders: readonly Place[]): string =>
  feeders.length === 1 ? (feeders[0]?.judged.destination.id ?? '') : `${feeders.length} exchanges`

/** The advice they all share; undefined when there are none or they differ. */
function theOnly(places: readonly Place[], preference: Preference): Advice | undefined {
  const advice = places[0]?.choices[preference].advice
  return places.every(({choices}) => choices[preference].advice === advice) ? advice : undefined
}

/** Stays where it is when the platform is blocked for it: then they part, and somebody must decide. */
function follow({judged, choices}: Place, preference: Preference, lead: Lead): void {
  const rating = judged.ratings.find(({platform}) => platform === lead.advice)
  if (rating !== undefined && rating.blockedBy.length > 0) return
  choices[preference] = following(choices[preference], lead, rating && scored(rating, preference))
}

function following(choice: Choice, {advice, because}: Lead, score: Score | undefined): Choice {
  if (score === undefined) {
    return {...choice, advice, score: null, because: `${because}; alone: ${alone(choice)}`, ties: []}
  }
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
export function parted({judged, choices}: Place, places: Places, around: Around): boolean {
  const {graph, preference} = around
  const side = sideOf(choices[preference].advice)
  const queues = known(queuesBehind(graph, judged.destination.id), places)
  return queues.some((queue) => sideOf(queue.choices[preference].advice) !== side)
}

interface Around {
  readonly graph: Graph
  readonly preference: Preference
}
