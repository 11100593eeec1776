import {monthlyCost} from '../../facts/cost.ts'
import type {AssessedDestination, Finding} from '../../model/assessment.ts'
import type {Notice} from '../../model/inventory.ts'
import {finding} from './judge.ts'
import {BROKER_FOR_ONE} from './rules.ts'

/** What inspect noticed, as findings. */
export const noticesAsFindings = (notices: readonly Notice[]): Finding[] =>
  notices.map(({rule, subjects, because, evidence}) =>
    finding(rule, subjects, {verdict: 'adapt', because}, {evidence}),
  )

/** A broker that only one queue needs is a question of money, and names that queue. */
export function brokerForOne(destinations: readonly AssessedDestination[]): Finding[] {
  const queues = destinations.filter(({kind}) => kind !== 'exchange')
  const [only, ...others] = queues.filter(({recommended}) => recommended.platform.startsWith('amazon-mq-'))
  if (only === undefined || others.length > 0 || queues.length < 2) return []
  const platform = only.recommended.platform
  if (platform !== 'amazon-mq-rabbitmq' && platform !== 'amazon-mq-activemq') return []
  const exchanges = destinations.filter(
    ({kind, recommended}) => kind === 'exchange' && recommended.platform === platform,
  )
  const cost = Math.round(monthlyCost(platform, 0))
  const evidence = only.findings
    .filter(({verdict}) => verdict === 'lossy' || verdict === 'blocker')
    .flatMap((each) => each.evidence)
  const said = {
    verdict: 'adapt',
    because: `of ${queues.length} queues only ${only.id} needs a broker, about $${cost} a month at list price`,
    todo: 'redesign that queue, or accept the price',
  } as const
  const subjects = [only.id, ...exchanges.map(({id}) => id)]
  return [finding(BROKER_FOR_ONE, subjects, said, {platform, evidence: evidence.slice(0, FEW)})]
}

const FEW = 3
