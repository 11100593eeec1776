import {parseId} from '../model/id.ts'
import type {Proof} from '../model/verification.ts'
import {code} from './escape.ts'

/** Nouns of broker kinds and advice as people write them. */
const PROPER: Readonly<Record<string, string>> = {
  rabbitmq: 'RabbitMQ',
  activemq: 'ActiveMQ',
  artemis: 'Artemis',
  mqtt: 'MQTT broker',
  stomp: 'STOMP broker',
  'amazon-mq-rabbitmq': 'Amazon MQ for RabbitMQ',
  'amazon-mq-activemq': 'Amazon MQ for ActiveMQ',
  'sqs-standard': 'SQS standard',
  'sqs-fifo': 'SQS FIFO',
  'sns-sqs': 'SNS → SQS',
  stay: 'stay on the broker',
  retire: 'retire',
  kinesis: 'Kinesis',
  msk: 'MSK',
  eventbridge: 'EventBridge',
  'iot-core': 'IoT Core',
}

export const proper = (word: string): string => PROPER[word] ?? code(word)

/** A count, or the word for one that could not be read. */
export const count = (value: number | null): string => value?.toLocaleString('en-US') ?? 'unknown'

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function bytes(value: number | null): string {
  if (value === null) return 'unknown'
  const power = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), UNITS.length - 1)
  const digits = power === 0 ? 0 : 1
  return `${(value / 1024 ** power).toFixed(digits)} ${UNITS[power] ?? 'B'}`
}

export const proofWord = (proof: Proof): string => (proof === 'not-checked' ? 'not checked' : proof)

/** How to name a destination in a list. The vhost is said when there is more than one. */
export type Namer = (id: string) => string

export function namer(destinations: readonly {readonly vhost: string}[]): Namer {
  const several = new Set(destinations.map(({vhost}) => vhost)).size > 1
  return (id) => {
    const named = parsed(id)
    if (named === undefined) return code(id)
    return several ? `${code(named.name)} in ${code(named.vhost)}` : code(named.name)
  }
}

function parsed(id: string): {vhost: string; name: string} | undefined {
  try {
    return parseId(id)
  } catch {
    // Findings about the estate have subjects of other kinds: a policy, a user, a file.
    return undefined
  }
}

/** The first names of a list and how many more there are. */
export function names(ids: readonly string[], name: Namer, most = 3): string {
  const shown = ids.slice(0, most).map(name).join(', ')
  return ids.length > most ? `${shown} and ${count(ids.length - most)} more` : shown
}
