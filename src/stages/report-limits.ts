import {usedFacts} from '../facts/used.ts'
import type {Limit} from '../model/report.ts'

/** Which groups of facts a recommendation relies on. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'sqs-standard': ['sqs'],
  'sqs-fifo': ['sqs'],
  'sns-sqs': ['sqs', 'sns'],
  'amazon-mq-rabbitmq': ['amazon-mq', 'amazon-mq-rabbitmq'],
  'amazon-mq-activemq': ['amazon-mq', 'amazon-mq-activemq'],
}

const SERVICES: Readonly<Record<string, string>> = {
  sqs: 'SQS',
  sns: 'SNS',
  'amazon-mq': 'Amazon MQ',
  'amazon-mq-rabbitmq': 'Amazon MQ for RabbitMQ',
  'amazon-mq-activemq': 'Amazon MQ for ActiveMQ',
}

/** The dated limits behind the recommended platforms. */
export function limits(platforms: readonly string[]): Limit[] {
  const wanted = new Set(platforms.flatMap((platform) => GROUPS[platform] ?? []))
  return usedFacts().flatMap(({id, value, url, read, status, note}) => {
    const [group = '', name = ''] = id.split('.')
    if (!wanted.has(group) || name.endsWith('Pattern')) return []
    const remarks = [status === 'confirmed' ? '' : status, note].filter((remark) => remark !== '')
    return [
      {
        service: SERVICES[group] ?? group,
        what: words(name),
        value: [shown(value), ...remarks].join('; '),
        url,
        read,
      },
    ]
  })
}

const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

function shown(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US')
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' && value !== null ? shownTable(value) : String(value)
}

/** One figure a row, or the rows alone: a table of tables is read where the link leads. */
function shownTable(table: object): string {
  const rows = Object.entries(table)
  const isFlat = rows.every(([, value]) => typeof value !== 'object')
  return rows.map(([row, value]) => (isFlat ? `${row}: ${shown(value)}` : row)).join(', ')
}
