import {SQS} from '../../facts/sqs.ts'
import {queuesBehind, routingType, sharedKeys} from '../../routing/flows.ts'
import type {Judgement, Subject} from '../criterion.ts'
import {adapt, blocker, criterion, lossy, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {bindingEvidence} from './bound.ts'

const DELAY_MINUTES = SQS.maxDelaySeconds.value / 60

export default criterion({
  id: 'exchange-delayed-message',
  group: 'Exchanges and routing',
  question: 'Does the exchange hold messages back for a time that each message names?',
  advice:
    'Messages waiting inside this exchange are stored in a node-local table: no queue shows them, no API reads ' +
    'them, definitions do not contain them. Drain by waiting; the plugin reports messages_delayed on the exchange.',
  kinds: ['exchange'],
  needs: ['type'],
  uses: ['delayedType'],
  sources: [PAGES.delayedMessages, PAGES.mqPlugins, PAGES.sqsMessages],
  judge({type}, subject) {
    if (type !== 'x-delayed-message') return notApplicable(`type ${type}`)
    return {
      'amazon-mq-rabbitmq': blocker(
        'the delayed message plugin is not offered',
        'use TTL and dead-letter steps, one queue per delay value',
      ),
      'amazon-mq-activemq': adapt(
        'the scheduler of ActiveMQ',
        'set AMQ_SCHEDULED_DELAY, scheduler support on',
      ),
      'sqs-standard': toQueues(subject),
      'sqs-fifo': lossy('a FIFO queue has one delay for all messages', 'use a standard queue'),
      'sns-sqs': lossy('a topic cannot delay', 'set the delay on the subscribing queues'),
      evidence: bindingEvidence(subject),
    }
  },
})

function toQueues({graph, destination}: Subject): Judgement {
  const queues = queuesBehind(graph, destination.id).length
  const byKey = routingType(graph, destination.id) === 'direct'
  const several = byKey ? sharedKeys(graph, destination.id).length > 0 : queues > 1
  if (several) return blocker('a delayed message goes to several queues, SQS makes no copies')
  return adapt(
    `a delay per message up to ${DELAY_MINUTES} minutes`,
    `send with DelaySeconds; above ${DELAY_MINUTES} minutes use EventBridge Scheduler`,
    {question: `Is a delay above ${DELAY_MINUTES} minutes ever used?`, who: 'owner of the publishers'},
  )
}
