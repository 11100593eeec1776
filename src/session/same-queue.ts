import type {Guard} from '../cli/render/plan.ts'
import type {Body} from '../model/artefact.ts'
import type {Config} from '../model/decisions.ts'
import type {Move, Plan} from '../model/plan.ts'
import {sharesHost} from '../sources/index.ts'
import {stepOf} from './rollback-plan.ts'

const RABBITMQ = 'amazon-mq-rabbitmq'
const BECAUSE = 'is moved into itself: the target broker is the one that is moved from'
const SUGGESTION = 'name the new broker under brokers: in mqlift.yaml, then plan again'

/**
 * A move whose target is its own source would read what it writes, for ever (H4). By address: the names of clusters do
 * not tell, since two brokers that were set up alike are called alike.
 */
export function sameQueue(
  {moves}: Pick<Body<Plan>, 'moves'>,
  {brokers}: Pick<Config, 'brokers'>,
  broker: string | undefined,
): Guard | undefined {
  const target = brokers[RABBITMQ]?.address
  if (target === undefined || broker === undefined || !sharesHost(target, broker)) return undefined
  const found = moves.find(isIntoItself)
  return found && {reason: 'same-queue', because: `${found.source} ${BECAUSE}`, suggestion: SUGGESTION}
}

const isIntoItself = ({platform, source, target}: Move): boolean =>
  platform === RABBITMQ && target === stepOf(source)
