import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {bindingEvidence} from './bound.ts'

export default criterion({
  id: 'exchange-consistent-hash',
  group: 'Exchanges and routing',
  question: 'Are messages spread over queues by the hash of a key?',
  advice:
    'Ask why it is sharded: order per key → FIFO; throughput only → one standard queue. A non-integer weight such ' +
    'as "abc" is a misconfiguration.',
  kinds: ['exchange'],
  needs: ['type'],
  uses: ['hashOn'],
  sources: [PAGES.consistentHash, PAGES.mqPlugins, PAGES.sqsFifo],
  judge({type, hashOn}, subject) {
    if (type !== 'x-consistent-hash') return notApplicable(`type ${type}`)
    const input = hashOn ?? 'what is hashed'
    const decide = {
      question: 'Is it sharded for order per key, or for throughput only?',
      who: 'owner of the consumers',
    }
    return {
      'amazon-mq-rabbitmq': native('the plugin is on the supported list'),
      'amazon-mq-activemq': adapt('one queue with message groups', `set JMSXGroupID to ${input}`),
      'sqs-standard': lossy(
        'one queue spreads the load, but a key has no fixed consumer',
        'use one queue',
        decide,
      ),
      'sqs-fifo': adapt(
        'one FIFO queue keeps the order of each key',
        `set MessageGroupId to ${input}`,
        decide,
      ),
      // The catalogue calls this an adaptation; a standard topic and standard queues do not keep the order of a key.
      'sns-sqs': lossy(
        'a topic can filter on a shard number, but a key loses its order',
        'publish shard = hash mod N, filter one number per queue',
        decide,
      ),
      evidence: bindingEvidence(subject),
    }
  },
})
