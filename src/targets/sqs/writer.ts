import type {Move} from '../../model/plan.ts'
import type {Credentials} from '../../protocols/aws-credentials.ts'
import type {Target} from '../target.ts'
import {BatchWriter} from './batch-writer.ts'
import {md5OfAttributes, md5OfBody} from './digest.ts'
import {sqsEncoder} from './encode.ts'
import type {Digests} from './receipts.ts'
import {batchRequest} from './request.ts'
import {AwsRefusal, type SendBatch} from './sender.ts'
import {MESSAGE_LIMITS} from './wire.ts'

export interface WriterOptions {
  readonly move: Pick<Move, 'platform' | 'group' | 'delay' | 'order'>
  readonly queueUrl: string
  /** The queue's own MaximumMessageSize. */
  readonly maximumBytes: number
  readonly sendBatch: SendBatch
  readonly credentials: Pick<Credentials, 'forget'>
}

/** Writes the messages of one move into one queue. */
export function sqsWriter(options: WriterOptions): Target {
  const {move, queueUrl, sendBatch, credentials} = options
  return new BatchWriter({
    name: 'SQS',
    limits: {batchSize: MESSAGE_LIMITS.batchEntries, batchBytes: MESSAGE_LIMITS.bytes},
    encode: sqsEncoder(move, options),
    fifo: move.platform === 'sqs-fifo',
    strict: move.order === 'strict',
    request(batch) {
      const body = batchRequest(queueUrl, batch)
      return (signal) => sendBatch(queueUrl, body, signal)
    },
    digests: DIGESTS,
    clockCorrected: (error) => error instanceof AwsRefusal && error.clockCorrected,
    credentials,
    words: {target: queueUrl, kind: 'queue', allow: 'sqs:SendMessage'},
  })
}

const DIGESTS: Digests = {
  ofBody: ({body}) => md5OfBody(body),
  ofAttributes: ({attributes}) => (attributes.length > 0 ? md5OfAttributes(attributes) : undefined),
}
