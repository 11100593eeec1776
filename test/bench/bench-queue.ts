import {setTimeout as sleep} from 'node:timers/promises'

import {connect} from 'amqplib'

import {orderBody, orderProperties} from './messages.ts'

export interface Seed {
  /** `classic` or `quorum`. */
  readonly type: string
  /** Bytes of a body. */
  readonly size: number
  readonly messages: number
}

/** Makes the queue anew and fills it. A second later the broker has written down what it wants to. */
export async function seed(amqp: string, queue: string, {type, size, messages}: Seed): Promise<void> {
  const connection = await connect(amqp, {noDelay: true})
  const channel = await connection.createConfirmChannel()
  await channel.deleteQueue(queue)
  await channel.assertQueue(queue, {durable: true, arguments: {'x-queue-type': type}})
  const bodies = Array.from({length: Math.min(messages, 512)}, (_, i) => orderBody(size, i))
  for (let i = 0; i < messages; i++) {
    channel.publish('', queue, bodies[i % bodies.length] ?? Buffer.alloc(0), orderProperties(i))
    if (i % 1000 === 999) await channel.waitForConfirms()
  }
  await channel.waitForConfirms()
  await connection.close()
  await sleep(1000)
}

export async function leftIn(amqp: string, queue: string): Promise<number> {
  const connection = await connect(amqp)
  const channel = await connection.createChannel()
  const {messageCount} = await channel.checkQueue(queue)
  await connection.close()
  return messageCount
}
