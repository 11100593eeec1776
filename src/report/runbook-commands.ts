import {parseId} from '../model/id.ts'
import type {Move} from '../model/plan.ts'
import {word} from '../model/shell.ts'
import type {Book} from './runbook-input.ts'

/** `--only` for the sources of these moves, by id: no other queue is called the same. */
export const only = (moves: readonly Move[]): string =>
  [...new Set(moves.map(({source}) => source))].map((id) => `--only=${word(literally(id))}`).join(' ')

/** In a glob a star is any text, and ids keep theirs. */
const literally = (id: string): string => id.replaceAll('*', '?')

const vhostsOf = (ids: readonly string[]): string[] => [...new Set(ids.map((id) => parseId(id).vhost))]

/** Depth and consumers at the old broker, one line a queue. Empty when it is not RabbitMQ. */
export function oldQueues(ids: readonly string[], columns: string, {plan}: Book): string[] {
  if (plan.source.kind !== 'rabbitmq') return ['mqlift inspect']
  return vhostsOf(ids).map(
    (vhost) =>
      `rabbitmqctl list_queues --quiet --vhost ${word(vhost)} name ${columns} | grep -F ${patterns(ids, vhost)}`,
  )
}

/** Only the lines of these queues. */
const patterns = (ids: readonly string[], vhost: string): string =>
  ids
    .map(parseId)
    .filter((id) => id.vhost === vhost)
    .map(({name}) => `-e ${word(name)}`)
    .join(' ')

export const isSqs = ({platform}: Move): boolean => platform === 'sqs-standard' || platform === 'sqs-fifo'

const targetNames = (moves: readonly Move[], {steps}: Book): string[] =>
  [...new Set(moves.map(({target}) => steps.get(target)?.name ?? target))].map(word)

const FROM = `--start-time "$(date -u -d '15 minutes ago' +%FT%TZ)" --end-time "$(date -u +%FT%TZ)"`

/** What CloudWatch counted in the last quarter of an hour, one line a queue: metrics come minutes late. */
export function sqsMetric(metric: string, moves: readonly Move[], book: Book): string[] {
  const queues = targetNames(moves.filter(isSqs), book)
  if (queues.length === 0) return []
  return [
    `for queue in ${queues.join(' ')}; do`,
    `  aws cloudwatch get-metric-statistics --namespace AWS/SQS --metric-name ${metric} --dimensions Name=QueueName,Value="$queue" \\`,
    `    ${FROM} --period 900 --statistics Sum --query 'Datapoints[0].Sum' --output text`,
    'done',
  ]
}

export function sqsDepth(moves: readonly Move[], book: Book): string[] {
  const queues = targetNames(moves.filter(isSqs), book)
  if (queues.length === 0) return []
  return [
    `for queue in ${queues.join(' ')}; do`,
    '  aws sqs get-queue-attributes --queue-url "$(aws sqs get-queue-url --queue-name "$queue" --query QueueUrl --output text)" \\',
    "    --attribute-names ApproximateNumberOfMessages --query 'Attributes.ApproximateNumberOfMessages' --output text",
    'done',
  ]
}

/** The management API of a broker that is the target; Amazon MQ has no rabbitmqctl. */
export const brokerQueues = (moves: readonly Move[]): string[] =>
  moves
    .filter(({platform}) => platform === 'amazon-mq-rabbitmq')
    .map(({source}) => parseId(source))
    .map(
      ({vhost, name}) =>
        `curl -fsS -u "$MQ_USER" "$MQ_MANAGEMENT/api/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}?columns=name,consumers,messages"`,
    )

export const activemqQueues = (moves: readonly Move[]): string[] =>
  moves
    .filter(({platform}) => platform === 'amazon-mq-activemq')
    .map(
      ({target}) =>
        `aws cloudwatch get-metric-statistics --namespace AWS/AmazonMQ --metric-name ConsumerCount --dimensions Name=Broker,Value="$MQ_BROKER" Name=Queue,Value=${word(target.slice(target.indexOf(':') + 1))} ${FROM} --period 900 --statistics Maximum --query 'Datapoints[0].Maximum' --output text`,
    )
