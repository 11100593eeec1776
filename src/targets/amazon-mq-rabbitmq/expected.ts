import type {Fact, StructureFacts} from '../../model/facts.ts'
import {valueOf} from '../../model/facts.ts'
import {effectiveSettings} from '../../routing/effective-settings.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose} from './planning.ts'
import {lifted, NOTHING} from './policy-keys.ts'
import {REJECT_DLX, shown} from './queue-arguments.ts'
import type {PlannedQueue, PolicyTable} from './queues.ts'
import type {Effective, ExpectedQueue} from './steps.ts'

type Value = Effective[string]

interface Difference {
  readonly queue: PlannedQueue
  readonly source: Value
  readonly target: Value
}

interface Setting {
  readonly of: (facts: StructureFacts) => Fact<Value> | undefined
  /** Whether a difference is meant, and said elsewhere in the plan. */
  readonly isMeant: (difference: Difference) => boolean
}

const setting = (of: Setting['of'], isMeant: Setting['isMeant'] = () => false): Setting => ({of, isMeant})
const ifType =
  (wanted: PlannedQueue['type']): Setting['isMeant'] =>
  ({queue: {type}}) =>
    type === wanted

/** What is compared between source and target. Placement and storage are the broker's business and are left out. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  // This version refuses transient queues that are not exclusive.
  durable: setting(
    ({durable}) => durable,
    () => true,
  ),
  autoDelete: setting(({autoDelete}) => autoDelete),
  messageTtl: setting(({messageTtl}) => messageTtl),
  expires: setting(({expires}) => expires),
  // No limit, said by a policy so that no other one rules it.
  maxLength: setting(
    ({maxLength}) => maxLength,
    ({target}) => target === NOTHING['max-length'],
  ),
  maxLengthBytes: setting(({maxLengthBytes}) => maxLengthBytes),
  // Quorum queues refuse without dead-lettering.
  overflow: setting(
    ({overflow}) => overflow,
    ({queue: {type}, source}) => type === 'quorum' && source === REJECT_DLX,
  ),
  deadLetterExchange: setting(({deadLetterExchange}) => deadLetterExchange),
  deadLetterRoutingKey: setting(({deadLetterRoutingKey}) => deadLetterRoutingKey),
  // Classic queues have one strategy only.
  deadLetterStrategy: setting(({deadLetterStrategy}) => deadLetterStrategy, ifType('classic')),
  // It gives no message up today: said, because RabbitMQ 4 would after 20 deliveries.
  deliveryLimit: setting(
    ({deliveryLimit}) => deliveryLimit,
    ({queue: {unlimited}}) => unlimited,
  ),
  // Quorum queues of this version have two levels.
  maxPriority: setting(({maxPriority}) => maxPriority, ifType('quorum')),
  singleActiveConsumer: setting(({singleActiveConsumer}) => singleActiveConsumer),
  // Classic queues of this version have none of their own.
  consumerTimeout: setting(({consumerTimeout}) => consumerTimeout, ifType('classic')),
}

/** What each queue must obey after the import. A difference that nobody meant is a loss to accept. */
export function expectedOf(planning: Planning, queue: PlannedQueue, policy: PolicyTable): ExpectedQueue {
  const {vhost, name: queueName, facts} = queue.destination
  const cutover = effective(planning, queue, policy)
  for (const [field, {of, isMeant}] of Object.entries(SETTINGS)) {
    const [source, target] = [valueOf(of(facts)), cutover[field]]
    if (source === undefined || target === undefined || source === target) continue
    if (!isMeant({queue, source, target})) loseSetting(planning, field, {queue, source, target})
  }
  return {vhost, queue: queueName, now: effective(planning, queue, lifted(policy)), cutover}
}

function loseSetting(planning: Planning, field: string, {queue, source, target}: Difference): void {
  lose(planning, {
    rule: 'setting-differs',
    subject: queue.destination.id,
    field,
    change: 'reset',
    reason: `${field} is ${shown(source)} today and would be ${shown(target)}`,
  })
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
