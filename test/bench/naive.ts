// What a careful developer writes in an afternoon: amqplib + the AWS SDK, batches of ten, 32 requests in flight,
// ack after the answer, no ledger. The yardstick of run.ts.
import {Agent} from 'node:http'

import {SendMessageBatchCommand, SQSClient} from '@aws-sdk/client-sqs'
import {connect, type ConsumeMessage} from 'amqplib'

import {assignment, CREDENTIALS, queueUrl, REGION} from './messages.ts'

const LANES = 32
const {amqp, endpoint, queue, messages} = assignment()
const sqs = new SQSClient({
  region: REGION,
  endpoint,
  credentials: CREDENTIALS,
  requestHandler: {httpAgent: new Agent({keepAlive: true, maxSockets: LANES})},
})
const connection = await connect(amqp, {noDelay: true})
const channel = await connection.createChannel()
await channel.prefetch(1000)

const pending: ConsumeMessage[] = []
let inFlight = 0
let done = 0
const finished = Promise.withResolvers<void>()
const tail = (): boolean => done + inFlight * 10 >= messages - LANES * 10

const attributes = (message: ConsumeMessage): [string, string][] => [
  ['content_type', String(message.properties.contentType)],
  ['message_id', String(message.properties.messageId)],
  ['tenant', String(message.properties.headers?.['tenant'])],
  ['type', String(message.properties.type)],
]

async function lane(): Promise<void> {
  inFlight++
  while (pending.length >= 10 || (pending.length > 0 && tail())) {
    const batch = pending.splice(0, 10)
    const answer = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl(endpoint),
        Entries: batch.map((message, i) => ({
          Id: String(i),
          MessageBody: message.content.toString(),
          MessageAttributes: Object.fromEntries(
            attributes(message).map(([name, value]) => [name, {DataType: 'String', StringValue: value}]),
          ),
        })),
      }),
    )
    if (answer.Successful?.length !== batch.length) throw new Error('partial failure')
    for (const message of batch) channel.ack(message)
    done += batch.length
    if (done >= messages) finished.resolve()
  }
  inFlight--
}

await channel.consume(queue, (message) => {
  if (!message) return
  pending.push(message)
  if (inFlight < LANES && (pending.length >= 10 || tail())) lane().catch(finished.reject)
})
await finished.promise
await channel.close()
await connection.close()
sqs.destroy()
