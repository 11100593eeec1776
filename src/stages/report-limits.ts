import {usedFacts} from '../facts/used.ts'
import type {Limit} from '../model/report.ts'

/** Which groups of facts a recommendation relies on. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'sqs-standard': ['sqs'],
  'sqs-fifo': ['sqs'],
  'sns-sqs': ['sqs', 'sns'],
  'amazon-mq-rabbitmq': ['amazon-mq'],
  'amazon-mq-activemq': ['amazon-mq'],
}

const SERVICES: Readonly<Record<string, string>> = {sqs: 'SQS', sns: 'SNS', 'amazon-mq': 'Amazon MQ'}

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
  return Array.isArray(value) ? value.join(', ') : String(value)
}
