import {readAt} from './dated.ts'

const DOCS = 'https://docs.aws.amazon.com/amazon-mq/latest/developer-guide'
const page = (name: string) => readAt(`${DOCS}/${name}.html`, 'autumn 2026')

/** What the two engines of Amazon MQ offer. */
export const AMAZON_MQ = {
  /** RabbitMQ 4.x on mq.m7g; 3.13 is still offered. */
  rabbitmqVersions: page('rabbitmq-version-support')(['4.3', '4.2', '3.13']),
  rabbitmqDefaultMessageBytes: page('rabbitmq-resource-limits-configuration')(524_288),
  rabbitmqClusterNodes: page('rabbitmq-broker-architecture')(3),
  /** The smallest size that is not for evaluation only. */
  rabbitmqSmallest: page('rmq-broker-instance-types')('mq.m7g.large'),
  rabbitmqClusterGigabytes: page('rmq-broker-instance-types')(15, {
    note: 'mq.m7g.large, per node, as created',
  }),
  /** Nothing else can be switched on: no delayed messages, MQTT, STOMP, streams, sharding, random, recent history. */
  rabbitmqPlugins: page('rabbitmq-basic-elements-plugins')([
    'management',
    'shovel (dynamic)',
    'federation',
    'consistent hash exchange',
    'OAuth 2.0',
    'LDAP',
    'HTTP authentication',
    'TLS certificates',
    'aws',
    'JMS topic exchange',
    'Prometheus',
  ]),
  /** RabbitMQ 4: the default number of redeliveries of a quorum queue. */
  quorumDeliveryLimit: page('rabbitmq-4')(20),
  /** Kept messages per second of one quorum queue at 1 KB; a figure of the RabbitMQ team, not of AWS. */
  quorumMessagesPerSecond: readAt('https://github.com/rabbitmq/rabbitmq-website/pull/1653', '2026-11-22')(
    30_000,
    {status: 'secondary'},
  ),
  activemqSmallest: readAt(`${DOCS}/broker-instance-types.html`, 'April 2026')('mq.m5.large'),
  /** Active/standby means EFS: persistent 1 kB messages per second and producer. */
  activemqEfsPerProducer: readAt(`${DOCS}/broker-storage.html`, 'April 2026')(80),
} as const
