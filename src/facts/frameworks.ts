import type {DestinationKind} from '../model/id.ts'

/**
 * Messaging frameworks that show in names, and their own way to SQS/SNS: with one, leaving the broker is mostly
 * configuration. Names are all that tells them apart, so a renamed estate simply shows none.
 */
export interface Framework {
  readonly id: string
  readonly name: string
  /** Null = it has no SQS transport. */
  readonly transport: string | null
  readonly url: string
  readonly read: string
  /** A name that only this framework gives. */
  readonly gives: (kind: DestinationKind, name: string) => boolean
  /** What its helper destinations hold: never to be dropped without a look. */
  readonly holds: string
}

const queue = (pattern: RegExp) => (kind: DestinationKind, name: string) =>
  kind !== 'exchange' && pattern.test(name)
const any = (pattern: RegExp) => (_: DestinationKind, name: string) => pattern.test(name)

const READ = '2026-11-24'

export const FRAMEWORKS: readonly Framework[] = [
  {
    id: 'masstransit',
    name: 'MassTransit',
    transport: 'MassTransit.AmazonSQS',
    url: 'https://masstransit.io/documentation/transports/amazon-sqs',
    read: READ,
    gives: any(/_(?:error|skipped)$/),
    holds: '_error queues keep failed messages, _skipped queues those without a consumer',
  },
  {
    id: 'nservicebus',
    name: 'NServiceBus',
    transport: 'NServiceBus.AmazonSQS',
    url: 'https://docs.particular.net/transports/sqs/',
    read: READ,
    gives: any(/^nsb\.(?:v2\.)?(?:delay|verify)/),
    holds: 'nsb.delay-level queues hold delayed messages until they are due',
  },
  {
    id: 'celery',
    name: 'Celery',
    transport: 'the sqs:// broker of kombu',
    url: 'https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/sqs.html',
    read: READ,
    gives: any(/^celery$|^celeryev(?:\.|$)|\.?celery\.pidbox$/),
    holds: 'the queue celery holds tasks; celeryev and pidbox are for monitoring',
  },
  {
    id: 'spring',
    name: 'Spring AMQP or Spring Cloud Stream',
    transport: 'Spring Cloud AWS',
    url: 'https://docs.awspring.io/spring-cloud-aws/docs/3.0.0/reference/html/index.html#sqs-integration',
    read: READ,
    gives: queue(/^spring\.gen-|\.anonymous\.[\w-]{22}$/),
    holds: 'anonymous queues belong to one instance each',
  },
  {
    id: 'easynetq',
    name: 'EasyNetQ',
    transport: null,
    url: 'https://github.com/EasyNetQ/EasyNetQ',
    read: READ,
    gives: any(/^EasyNetQ_Default_Error_Queue|^easynetq\.response\./i),
    holds: 'the error queue keeps failed messages with their exception',
  },
]

/** The framework that gave a destination its name, if any. */
export const frameworkOf = (kind: DestinationKind, name: string): Framework | undefined =>
  FRAMEWORKS.find((framework) => framework.gives(kind, name))
