import {MqliftError} from '../../errors.ts'
import type {Body} from '../../model/artefact.ts'
import type {AssessedDestination, Assessment} from '../../model/assessment.ts'
import type {Config, Decisions} from '../../model/decisions.ts'
import {valueOf} from '../../model/facts.ts'
import {globNames} from '../../model/glob.ts'
import type {Observation} from '../../model/inventory.ts'
import type {NotMoved} from '../../model/plan.ts'
import {Advice, Platform} from '../../model/platform.ts'
import type {Graph} from '../../routing/graph.ts'
import type {PlanSubject} from '../../targets/target.ts'

export interface Assigned {
  readonly subjects: readonly PlanSubject[]
  readonly notMoved: readonly NotMoved[]
  /** Why a subject stays that no platform's folder plans. */
  unplanned(id: string): string
}

interface Rules {
  readonly config: Config
  readonly decisions: Decisions
  readonly graph: Graph
  readonly observation: Observation | undefined
}

/** Which platform each destination goes to: a decision, mqlift.yaml, or the recommendation, in this order. */
export function assign(assessment: Body<Assessment>, rules: Rules): Assigned {
  const subjects: PlanSubject[] = []
  const notMoved: NotMoved[] = assessment.estate.ignored.map(({id, because}) => ({
    subject: id,
    because: `not a business queue: ${because}`,
  }))
  for (const destination of assessment.destinations) {
    const chosen = chosenAdvice(destination, rules)
    const planned = plannedPlatform(destination, chosen, rules.graph)
    if (planned === null)
      notMoved.push({subject: destination.id, because: reason(destination, chosen, rules)})
    else subjects.push({id: destination.id, platform: planned, because: rulesFor(destination, planned)})
  }
  const byId = new Map(assessment.destinations.map((destination) => [destination.id, destination]))
  return {
    subjects,
    notMoved,
    unplanned(id) {
      const destination = byId.get(id)
      if (!destination) throw new Error(`${id} is not in the assessment`)
      return reason(destination, chosenAdvice(destination, rules), rules)
    },
  }
}

function chosenAdvice({id, recommended}: AssessedDestination, {config, decisions}: Rules): Advice {
  const decided = decisions.findLast((decision) => decision.id === `platform:${id}`)?.answer
  // The last match wins, so that a general glob may come first.
  const configured = Object.entries(config.platforms).findLast(([pattern]) => globNames(pattern, id))?.[1]
  const wanted = decided ?? configured
  if (wanted === undefined) return recommended.platform
  const advice = Advice.safeParse(wanted)
  if (advice.success) return advice.data
  throw new MqliftError('input', `${wanted} is not a platform (asked for ${id})`, {
    suggestions: [
      `one of: ${Advice.options.join(', ')}`,
      'see platforms: in mqlift.yaml, and decisions.yaml',
    ],
  })
}

/** Behind a topic a queue is an ordinary queue, FIFO when one consumer at a time must read it in order. */
function plannedPlatform(
  {id, kind}: AssessedDestination,
  advice: Advice,
  graph: Graph,
): PlanSubject['platform'] | null {
  if (advice !== 'sns-sqs') return Platform.safeParse(advice).data ?? null
  if (kind === 'exchange') return advice
  return valueOf(graph.destinations.get(id)?.facts.singleActiveConsumer) === true
    ? 'sqs-fifo'
    : 'sqs-standard'
}

const STAYS: Partial<Record<Advice, string>> = {
  'amazon-mq-rabbitmq': 'goes to Amazon MQ for RabbitMQ, which this version assesses and does not plan',
  'amazon-mq-activemq': 'goes to Amazon MQ for ActiveMQ, which this version assesses and does not plan',
  kinesis: 'fits Kinesis Data Streams, which this version does not plan',
  msk: 'fits Amazon MSK, which this version does not plan',
  eventbridge: 'fits EventBridge, which this version does not plan',
  'iot-core': 'fits AWS IoT Core, which this version does not plan',
  stay: 'stays on the broker',
  retire: 'nobody seems to need it: retire it',
}

function reason({id, recommended}: AssessedDestination, advice: Advice, {observation}: Rules): string {
  const waiting = valueOf(observation?.destinations[id]?.messages) ?? 0
  const why =
    advice === recommended.platform ? recommended.because : 'decided in mqlift.yaml or decisions.yaml'
  const left = waiting > 0 ? `; ${waiting} messages stay in it` : ''
  return `${STAYS[advice] ?? advice} (${why})${left}`
}

/** Rules that ask for something on this platform. */
function rulesFor({findings}: AssessedDestination, platform: PlanSubject['platform']): string[] {
  const shaping = findings.filter(
    (finding) =>
      (finding.platform === undefined || finding.platform === platform) &&
      (finding.verdict === 'adapt' || finding.verdict === 'lossy'),
  )
  return [...new Set(shaping.map(({rule}) => rule))].toSorted()
}
