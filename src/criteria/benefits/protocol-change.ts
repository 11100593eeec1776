import {frameworkOf} from '../../facts/frameworks.ts'
import {criterion, gain, type Judgement, type Subject} from '../criterion.ts'
import {PAGES} from '../pages.ts'

/** The protocol that RabbitMQ clients speak unless something shows another one. */
const AMQP = 'AMQP 0-9-1'
const OF_ACTIVEMQ = /^(?:STOMP|MQTT 3|AMQP 1)/
/** Direct: the broker itself, for a shovel or a federation link. */
const OF_RABBITMQ = /^(?:AMQP|Direct)/

export default criterion({
  id: 'protocol-change',
  group: 'Benefits',
  scores: 'benefit',
  question: 'Must applications speak another protocol?',
  advice:
    'ActiveMQ speaks AMQP 1.0, STOMP, MQTT and OpenWire, not AMQP 0-9-1. SQS is called through the AWS SDK; frameworks ' +
    'with an SQS transport need configuration only.',
  kinds: ['queue', 'stream', 'exchange'],
  needs: [],
  sources: [PAGES.mqProtocols, PAGES.mqConnect],
  judge(_, subject) {
    const protocols = protocolsOf(subject)
    const said = protocols.join(', ')
    return {
      'amazon-mq-rabbitmq': protocols.every((protocol) => OF_RABBITMQ.test(protocol))
        ? gain(1, `${said} stays, over TLS`)
        : gain(0.1, `${said} is not offered`),
      'amazon-mq-activemq': protocols.every((protocol) => OF_ACTIVEMQ.test(protocol))
        ? gain(0.9, `${said} stays, over TLS`)
        : gain(0.2, `${said} is not spoken: other client libraries`),
      'sqs-standard': onSqs(subject),
    }
  },
})

/** Of the clients seen at this destination, else what the broker speaks by itself. */
function protocolsOf({destination, estate}: Subject): string[] {
  const seen = estate.clientsOf?.get(destination.id) ?? []
  const protocols = [...new Set(seen.map((client) => client.protocol).filter((protocol) => protocol !== ''))]
  return protocols.length > 0 ? protocols.toSorted() : [AMQP]
}

function onSqs({destination}: Subject): Judgement {
  const framework = frameworkOf(destination.kind, destination.name)
  return framework?.transport === undefined || framework.transport === null
    ? gain(0.35, 'the AWS SDK instead of a broker client')
    : gain(0.7, `${framework.name} has a transport: ${framework.transport}`)
}
