import {PublishBatchCommand, type PublishBatchRequestEntry, type SNSClient} from '@aws-sdk/client-sns'

import {asBuffer} from '../../model/bytes.ts'
import type {Move} from '../../model/plan.ts'
import type {Credentials} from '../../protocols/aws-credentials.ts'
import {BatchWriter} from '../sqs/batch-writer.ts'
import {sqsEncoder} from '../sqs/encode.ts'
import type {Outgoing} from '../sqs/receipts.ts'
import {ATTRIBUTE_TYPE, MESSAGE_LIMITS} from '../sqs/wire.ts'
import type {Target} from '../target.ts'
import {filteredBy} from './filtered-by.ts'

export interface TopicWriterOptions {
  readonly move: Pick<Move, 'group' | 'order' | 'routing'>
  readonly topicArn: string
  readonly fifo: boolean
  /** The topic's own MaximumMessageSize, which is the limit of a whole batch as well. */
  readonly maximumBytes: number
  /** One attempt per call. */
  readonly client: Pick<SNSClient, 'send'>
  readonly credentials: Pick<Credentials, 'forget'>
}

/**
 * Publishes the messages of one move to one topic. What SQS gets through a subscription with raw delivery is what the
 * SQS folder itself would send, with the attributes in front that subscriptions filter by.
 */
export function topicWriter(options: TopicWriterOptions): Target {
  const {move, topicArn, fifo, maximumBytes, client, credentials} = options
  const platform = fifo ? 'sqs-fifo' : 'sns-sqs'
  const group = move.group && {group: move.group}
  return new BatchWriter({
    name: 'SNS',
    // Ten entries, together no larger than one message may be (aws-targets.md B1).
    limits: {batchSize: MESSAGE_LIMITS.batchEntries, batchBytes: maximumBytes},
    encode: sqsEncoder(
      {platform, ...group},
      {maximumBytes, place: 'topic', filteredBy: filteredBy(move.routing ?? [])},
    ),
    fifo,
    strict: move.order === 'strict',
    request(batch) {
      const command = new PublishBatchCommand({
        TopicArn: topicArn,
        PublishBatchRequestEntries: batch.map(entryOf),
      })
      return async (signal) => {
        const {Successful = [], Failed = []} = await client.send(command, {abortSignal: signal})
        return {
          Successful: Successful.map(({Id = '', MessageId = ''}) => ({Id, MessageId})),
          Failed: Failed.map(({Id = '', Code = '', SenderFault = false, Message}) => ({
            Id,
            Code,
            SenderFault,
            Message,
          })),
        }
      }
    },
    digests: null,
    clockCorrected,
    credentials,
    words: {target: topicArn, kind: 'topic', allow: 'sns:Publish'},
  })
}

function entryOf({id, wire, dedupId}: Outgoing): PublishBatchRequestEntry {
  const {body, attributes, groupId} = wire
  return {
    Id: id,
    Message: asBuffer(body).toString('utf8'),
    MessageAttributes: Object.fromEntries(
      attributes.map(([name, value, type = ATTRIBUTE_TYPE]) => [name, {DataType: type, StringValue: value}]),
    ),
    ...(groupId !== undefined && {MessageGroupId: groupId}),
    ...(dedupId !== undefined && {MessageDeduplicationId: dedupId}),
  }
}

/** The SDK learns the service's clock from a refusal and says so (smithy, AwsSdkSigV4Signer, read 2026-11-24). */
function clockCorrected(error: unknown): boolean {
  if (!(error instanceof Error) || !('$metadata' in error)) return false
  const {$metadata: metadata} = error
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'clockSkewCorrected' in metadata &&
    metadata.clockSkewCorrected === true
  )
}
