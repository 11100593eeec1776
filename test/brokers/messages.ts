import type {ConfirmChannel, Options} from 'amqplib'

import {losslessAmqplib} from '../../src/protocols/amqp091/lossless.ts'

export interface Publisher extends AsyncDisposable {
  readonly channel: ConfirmChannel
  declare(queue: string, options?: Options.AssertQueue): Promise<void>
  /** Publishes to the queue and waits until the broker has confirmed all of it. */
  send(
    queue: string,
    messages: Iterable<readonly [body: Buffer | string, options?: Options.Publish]>,
  ): Promise<void>
  /** Ready messages. */
  depth(queue: string): Promise<number>
}

/** A publisher for tests; `headers: new RawTable(bytes)` sends any bytes as the header table. */
export async function publisher(amqp: string): Promise<Publisher> {
  const connection = await losslessAmqplib().connect(amqp, {noDelay: true})
  connection.on('error', () => {})
  const channel = await connection.createConfirmChannel()
  channel.on('error', () => {})
  return {
    channel,
    async declare(queue, options) {
      await channel.assertQueue(queue, {durable: true, ...options})
    },
    async send(queue, messages) {
      let sent = 0
      for (const [body, options] of messages) {
        channel.sendToQueue(queue, Buffer.from(body), {persistent: true, ...options})
        if (++sent % 1000 === 0) await channel.waitForConfirms()
      }
      await channel.waitForConfirms()
    },
    depth: async (queue) => (await channel.checkQueue(queue)).messageCount,
    async [Symbol.asyncDispose]() {
      await connection.close().catch(() => {})
    },
  }
}

/** `count` bodies `<prefix>0`, `<prefix>1` … */
export function* numbered(count: number, prefix = ''): Generator<[string]> {
  for (let i = 0; i < count; i++) yield [`${prefix}${i}`]
}
