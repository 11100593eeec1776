import {readAt} from './dated.ts'

const DOCS = 'https://docs.aws.amazon.com/amazon-mq/latest/developer-guide'
const page = (name: string) => readAt(`${DOCS}/${name}.html`, 'April 2026')

/** What Amazon MQ for ActiveMQ offers (aws-targets.md E). */
export const AMAZON_MQ_ACTIVEMQ = {
  versions: page('activemq-version-support')(['5.19', '5.18']),
  /** Gigabytes for messages; `mq.t3.micro` is for evaluation. No other size is offered. */
  instances: page('broker-instance-types')({
    'mq.t3.micro': {memory: 1, storage: 20, connections: 300},
    'mq.m5.large': {memory: 8, storage: 200, connections: 2000},
    'mq.m5.xlarge': {memory: 16, storage: 200, connections: 2000},
    'mq.m5.2xlarge': {memory: 32, storage: 200, connections: 2000},
    'mq.m5.4xlarge': {memory: 64, storage: 200, connections: 2000},
  }),
  /** Persistent 1 kB messages per second and producer; a pair keeps its messages on EFS, a single broker may use EBS. */
  perProducer: page('broker-storage')({EFS: 80, EBS: 500}),
  users: page('amazon-mq-limits')(250),
  /** How AMQP becomes JMS cannot be set, and is ActiveMQ's own default. */
  transformer: readAt('https://github.com/amqp/rhea/issues/153', '2026-11-24')('native', {
    status: 'unconfirmed',
    note: 'said of 5.15.6 in 2018; mqlift asks the broker before it moves anything',
  }),
} as const

export type ActivemqInstance = keyof typeof AMAZON_MQ_ACTIVEMQ.instances.value
