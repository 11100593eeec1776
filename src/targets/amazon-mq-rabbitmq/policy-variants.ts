import type {Policy} from '../../model/inventory.ts'
import {mergeDefinitions, unsupportedKeys} from '../../routing/effective-policy.ts'
import {atLeast, type Version} from '../../routing/version.ts'
import {canonicalJson} from '../canonical-json.ts'
import type {Rewritten} from './policy-keys.ts'
import {onlyAlternate, rewriteKeys, withoutAlternate} from './policy-keys.ts'
import type {QueueType} from './queue-type.ts'
import type {PlannedQueue, PolicyTable} from './queues.ts'

/** A policy of the source with what it rules there. */
export interface Ruling {
  readonly policy: Policy
  /** Queues that it is chosen for. */
  readonly queues: readonly PlannedQueue[]
  /** Operator policy that is merged into it for all of them. */
  readonly operator: Policy | undefined
  readonly source: Version | null
  readonly target: Version
}

export interface Variant {
  readonly suffix: '' | '-classic' | '-exchanges'
  readonly applyTo: string
  readonly definition: PolicyTable
}

export interface Variants {
  readonly variants: readonly Variant[]
  readonly dropped: Rewritten['dropped']
}

const TYPES: readonly QueueType[] = ['quorum', 'classic']

/** No limit on deliveries: what RabbitMQ 4 must be told, and 3.x does by itself. */
export const UNLIMITED = -1

/**
 * What becomes of one policy: one for all where queues of both types can have the same, else one for each type. A
 * policy with one key that a type does not support would rule no queue of it, also none that is declared later.
 */
export function variantsOf(ruling: Ruling): Variants {
  const {policy} = ruling
  const byType = TYPES.map((type) => ({type, rewritten: rewrittenFor(ruling, type)}))
  const dropped = uniqueByKey(byType.flatMap(({rewritten}) => rewritten?.dropped ?? []))
  const [quorum, classic] = byType.map(({rewritten}) => nonEmpty(rewritten?.definition))
  const exchanges = exchangePart(policy)
  if (quorum && classic && same(quorum, classic))
    return {variants: [{suffix: '', applyTo: forBoth(policy.applyTo), definition: quorum}], dropped}
  const forQueues: Variant[] = []
  if (quorum) forQueues.push({suffix: '', applyTo: 'quorum_queues', definition: withoutAlternate(quorum)})
  if (classic)
    forQueues.push({
      suffix: quorum ? '-classic' : '',
      applyTo: 'classic_queues',
      definition: withoutAlternate(classic),
    })
  const useful = forQueues.filter(({definition}) => Object.keys(definition).length > 0)
  return {
    variants: [
      ...useful,
      ...(exchanges
        ? [
            {
              suffix: useful.length > 0 ? ('-exchanges' as const) : ('' as const),
              applyTo: 'exchanges',
              definition: exchanges,
            },
          ]
        : []),
    ],
    dropped: dropped.length > 0 ? dropped : droppedForNobody(ruling),
  }
}

const forBoth = (applyTo: string): string =>
  applyTo === 'classic_queues' || applyTo === 'quorum_queues' ? 'queues' : applyTo

/** A policy of exchanges, or one of streams: nothing of it is rewritten for a queue, and yet keys go. */
function droppedForNobody({policy, target}: Ruling): Rewritten['dropped'] {
  return rewriteKeys(policy.definition, 'quorum', target).dropped
}

function rewrittenFor(ruling: Ruling, type: QueueType): Rewritten | undefined {
  const {policy, operator, target, queues} = ruling
  if (!ruledOnSource(ruling, type)) return undefined
  const own = rewriteKeys(policy.definition, type, target)
  // Nothing is left of it: it goes, and the operator policy rules by itself.
  if (Object.keys(own.definition).length === 0) return own
  const rewritten = operator
    ? {
        ...own,
        definition: mergeDefinitions(
          own.definition,
          rewriteKeys(operator.definition, type, target).definition,
        ),
      }
    : own
  const unlimited = type === 'quorum' && queues.some((queue) => queue.unlimited)
  return unlimited ? {...rewritten, definition: withoutLimit(rewritten.definition)} : rewritten
}

export const withoutLimit = (definition: PolicyTable): PolicyTable =>
  'delivery-limit' in definition ? definition : {...definition, 'delivery-limit': UNLIMITED}

/** Whether queues of this type are ruled by it: they were, or they were of the other type and are now of this one. */
function ruledOnSource({policy, queues, source}: Ruling, type: QueueType): boolean {
  const {applyTo} = policy
  const could = (other: QueueType): boolean =>
    (applyTo === 'all' || applyTo === 'queues' || applyTo === `${other}_queues`) &&
    unsupportedKeys(policy, {kind: 'queue', type: other}, source).length === 0
  return could(type) || (type === 'quorum' && queues.some((queue) => queue.type === 'quorum'))
}

function exchangePart({applyTo, definition}: Policy): PolicyTable | undefined {
  if (applyTo !== 'all' && applyTo !== 'exchanges') return undefined
  return nonEmpty(onlyAlternate(definition))
}

const nonEmpty = (definition: PolicyTable | undefined): PolicyTable | undefined =>
  definition && Object.keys(definition).length > 0 ? definition : undefined

/** Key order says nothing, however deep. */
export const same = (one: PolicyTable, other: PolicyTable): boolean =>
  canonicalJson(one) === canonicalJson(other)

const uniqueByKey = (dropped: Rewritten['dropped']): Rewritten['dropped'] => [
  ...new Map(dropped.map((one) => [one.key, one])).values(),
]

export const knowsUnlimited = (target: Version): boolean => atLeast(target, 4)
