import type {Fact, StructureFacts} from '../../model/facts.ts'
import {valueOf} from '../../model/facts.ts'
import {effectiveSettings} from '../../routing/effective-settings.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose} from './planning.ts'
import {lifted, NOTHING} from './policy-keys.ts'
import {REJECT_DLX, shown} from './queue-arguments.ts'
import type {PlannedQueue, PolicyTable} from './queues.ts'
import {LIMIT_KEYS} from './queues.ts'
import type {Effective, ExpectedQueue, Intended} from './steps.ts'

type Value = Effective[string]

interface Difference {
  readonly queue: PlannedQueue
  readonly source: Value
  readonly target: Value
}

interface Setting {
  readonly of: (facts: StructureFacts) => Fact<Value> | undefined
  /** Why a difference is meant; null = it is not. */
  readonly because: (difference: Difference) => string | null
}

const setting = (of: Setting['of'], because: Setting['because'] = () => null): Setting => ({of, because})
const ifType =
  (wanted: PlannedQueue['type'], why: string): Setting['because'] =>
  ({queue: {type}}) =>
    type === wanted ? why : null

/** What is compared between source and target. Placement and storage are the broker's business and are left out. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  durable: setting(
    ({durable}) => durable,
    () => 'this version refuses transient queues that are not exclusive',
  ),
  autoDelete: setting(({autoDelete}) => autoDelete),
  messageTtl: setting(({messageTtl}) => messageTtl),
  expires: setting(({expires}) => expires),
  maxLength: setting(
    ({maxLength}) => maxLength,
    ({target}) =>
      target === NOTHING['max-length'] ? 'no limit, said by a policy so that no other one rules it' : null,
  ),
  maxLengthBytes: setting(({maxLengthBytes}) => maxLengthBytes),
  overflow: setting(
    ({overflow}) => overflow,
    ({queue: {type}, source}) =>
      type === 'quorum' && source === REJECT_DLX ? 'quorum queues refuse without dead-lettering' : null,
  ),
  deadLetterExchange: setting(({deadLetterExchange}) => deadLetterExchange),
  deadLetterRoutingKey: setting(({deadLetterRoutingKey}) => deadLetterRoutingKey),
  deadLetterStrategy: setting(
    ({deadLetterStrategy}) => deadLetterStrategy,
    ifType('classic', 'classic queues have one strategy only'),
  ),
  deliveryLimit: setting(
    ({deliveryLimit}) => deliveryLimit,
    ({queue: {unlimited}}) =>
      unlimited ? 'it gives no message up today: said, because RabbitMQ 4 would after 20 deliveries' : null,
  ),
  maxPriority: setting(
    ({maxPriority}) => maxPriority,
    ifType('quorum', 'quorum queues of this version have two levels'),
  ),
  singleActiveConsumer: setting(({singleActiveConsumer}) => singleActiveConsumer),
  consumerTimeout: setting(
    ({consumerTimeout}) => consumerTimeout,
    ifType('classic', 'classic queues of this version have none of their own'),
  ),
}

/** What each queue must obey after the import. A difference that nobody meant is a loss to accept. */
export function expectedOf(planning: Planning, queue: PlannedQueue, policy: PolicyTable): ExpectedQueue {
  const {vhost, name: queueName, facts} = queue.destination
  const cutover = effective(planning, queue, policy)
  const intended = Object.entries(SETTINGS).flatMap(([name, {of, because}]) => {
    const [source, target] = [valueOf(of(facts)), cutover[name]]
    if (source === undefined || target === undefined || source === target) return []
    return [{setting: name, source, target, because: because({queue, source, target}) ?? NOT_MEANT}]
  })
  for (const one of intended) if (one.because === NOT_MEANT) notMeant(planning, queue, one)
  return {
    vhost,
    queue: queueName,
    now: effective(planning, queue, lifted(policy)),
    cutover,
    intended: [...typeChange(queue), ...intended],
    lifted: LIMIT_KEYS.filter((key) => key in policy),
  }
}

const NOT_MEANT = 'somebody has to accept it: setting-differs'

function notMeant(
  planning: Planning,
  {destination}: PlannedQueue,
  {setting: field, source, target}: Intended,
): void {
  lose(planning, {
    rule: 'setting-differs',
    subject: destination.id,
    field,
    change: 'reset',
    reason: `${field} is ${shown(source)} today and would be ${shown(target)}`,
  })
}

function typeChange({destination, type}: PlannedQueue): Intended[] {
  const before = valueOf(destination.facts.type)
  if (before === undefined || before === type) return []
  return [{setting: 'type', source: before, target: type, because: 'quorum where RabbitMQ allows it'}]
}

function effective({broker}: Planning, {defined, type}: PlannedQueue, policy: PolicyTable): Effective {
  const evidence = 'definitions'
  const found: StructureFacts = {
    durable: {value: defined.durable, evidence},
    autoDelete: {value: defined.auto_delete, evidence},
    ...effectiveSettings({
      type,
      version: releaseOf(broker),
      arguments: new Map(Object.entries(defined.arguments)),
      argumentsAt: evidence,
      policy: new Map(Object.entries(policy)),
      policyAt: () => evidence,
    }),
  }
  const known = Object.entries(SETTINGS).flatMap(([name, {of}]) => {
    const value = valueOf(of(found))
    return value === undefined ? [] : [[name, value] as const]
  })
  return {type, ...Object.fromEntries(known)}
}
