import clientOwnership from './benefits/client-ownership.ts'
import highAvailability from './benefits/high-availability.ts'
import iamAccess from './benefits/iam-access.ts'
import loadCeiling from './benefits/load-ceiling.ts'
import monthlyCost from './benefits/monthly-cost.ts'
import protocolChange from './benefits/protocol-change.ts'
import scaleToZero from './benefits/scale-to-zero.ts'
import serversToRun from './benefits/servers-to-run.ts'
import consumerAutoAck from './consumers/consumer-auto-ack.ts'
import consumerExclusive from './consumers/consumer-exclusive.ts'
import type {Criterion} from './criterion.ts'
import deadLetterExchange from './queues/dead-letter-exchange.ts'
import deliveryLimit from './queues/delivery-limit.ts'
import maxPriority from './queues/max-priority.ts'
import overflowRejectPublish from './queues/overflow-reject-publish.ts'
import queueAutoDelete from './queues/queue-auto-delete.ts'
import queueBacklog from './queues/queue-backlog.ts'
import queueClassicDurable from './queues/queue-classic-durable.ts'
import queueExclusive from './queues/queue-exclusive.ts'
import queueMaxLength from './queues/queue-max-length.ts'
import queueMessageTtl from './queues/queue-message-ttl.ts'
import queueMirrored from './queues/queue-mirrored.ts'
import queueNameCharset from './queues/queue-name-charset.ts'
import queueNameCollision from './queues/queue-name-collision.ts'
import queueQuorum from './queues/queue-quorum.ts'
import queueStream from './queues/queue-stream.ts'
import queueTransient from './queues/queue-transient.ts'
import singleActiveConsumer from './queues/single-active-consumer.ts'
import alternateExchange from './routing/alternate-exchange.ts'
import bindingMultiple from './routing/binding-multiple.ts'
import e2eBinding from './routing/e2e-binding.ts'
import exchangeConsistentHash from './routing/exchange-consistent-hash.ts'
import exchangeDefault from './routing/exchange-default.ts'
import exchangeDelayedMessage from './routing/exchange-delayed-message.ts'
import exchangeDirect from './routing/exchange-direct.ts'
import exchangeFanout from './routing/exchange-fanout.ts'
import exchangeHeadersAll from './routing/exchange-headers-all.ts'
import exchangeHeadersAny from './routing/exchange-headers-any.ts'
import exchangeTopic from './routing/exchange-topic.ts'
import exchangeUnknownType from './routing/exchange-unknown-type.ts'
import topicPatternInexpressible from './routing/topic-pattern-inexpressible.ts'

/** Every criterion and how much it counts. One line each; weights can be overridden (`weights` in mqlift.yaml). */
const TABLE: readonly (readonly [criterion: Criterion, weight: number])[] = [
  [exchangeDefault, 4],
  [exchangeDirect, 6],
  [exchangeFanout, 6],
  [exchangeTopic, 6],
  [topicPatternInexpressible, 6],
  [exchangeHeadersAll, 6],
  [exchangeHeadersAny, 6],
  [exchangeConsistentHash, 6],
  [exchangeDelayedMessage, 8],
  [exchangeUnknownType, 8],
  [e2eBinding, 4],
  [alternateExchange, 1],
  [bindingMultiple, 2],

  [queueClassicDurable, 2],
  [queueQuorum, 2],
  [queueStream, 12],
  [queueMirrored, 2],
  [queueTransient, 3],
  [queueExclusive, 6],
  [queueAutoDelete, 6],
  [queueMessageTtl, 4],
  [queueMaxLength, 2],
  [overflowRejectPublish, 4],
  [deadLetterExchange, 6],
  [maxPriority, 40],
  [deliveryLimit, 4],
  [singleActiveConsumer, 8],
  [queueNameCharset, 2],
  [queueNameCollision, 2],
  [queueBacklog, 2],

  // At most once became at least once: a reason to look at the consumer, not to run a broker for it.
  [consumerAutoAck, 2],
  [consumerExclusive, 6],

  [serversToRun, 8],
  [loadCeiling, 2],
  [scaleToZero, 4],
  [highAvailability, 4],
  [iamAccess, 4],
  [monthlyCost, 4],
  [protocolChange, 4],
  [clientOwnership, 2],
]

export const CRITERIA: readonly Criterion[] = TABLE.map(([criterion]) => criterion)

export const WEIGHTS: Readonly<Record<string, number>> = Object.fromEntries(
  TABLE.map(([criterion, weight]) => [criterion.id, weight]),
)
