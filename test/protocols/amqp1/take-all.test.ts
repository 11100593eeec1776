import type {Sender} from 'rhea'
import {describe, expect, test} from 'vitest'

import {Secret} from '../../../src/model/secret.ts'
import {type Amqp1Connection, connectAmqp1} from '../../../src/protocols/amqp1/connect.ts'
import {readMessage} from '../../../src/protocols/amqp1/raw-message.ts'
import {takeAll} from '../../../src/protocols/amqp1/take-all.ts'
import {type FakeActivemq, fakeActivemq} from '../../targets/amazon-mq-activemq/fake-activemq.ts'

const never = new AbortController().signal
const TLS = {minVersion: 'TLSv1.2', rejectUnauthorized: true} as const

const opened = ({port}: FakeActivemq): Promise<Amqp1Connection> =>
  connectAmqp1(
    {tls: false, hosts: [{host: '127.0.0.1', port}], user: 'admin', password: new Secret('admin')},
    {tls: TLS, connectionName: 'mqlift:test'},
    never,
  )

/** A queue with these texts: gives what there is credit for, and says when there is no more. */
function holding(broker: FakeActivemq, texts: string[]): {accepted: number; closed: number} {
  const seen = {accepted: 0, closed: 0}
  const give = (sender: Sender | undefined): void => {
    while (sender?.sendable() === true && texts.length > 0) sender.send({body: texts.shift()})
    if (texts.length === 0) sender?.set_drained(true)
  }
  broker.container.on('sender_draining', ({sender}) => give(sender))
  broker.container.on('sendable', ({sender}) => give(sender))
  broker.container.on('accepted', () => void seen.accepted++)
  broker.container.on('sender_close', () => void seen.closed++)
  return seen
}

async function textsOf(messages: AsyncIterable<Buffer>): Promise<unknown[]> {
  const texts: unknown[] = []
  for await (const bytes of messages) {
    const {body} = readMessage(bytes)
    texts.push(body && 'text' in body ? body.text : null)
  }
  return texts
}

describe('taking all out of a queue', () => {
  test.each([0, 1, 100, 250])(
    'of %i messages: every one, in order, accepted, and the link is closed',
    async (count) => {
      const broker = await fakeActivemq()
      const texts = Array.from({length: count}, (_, index) => String(index))
      const seen = holding(broker, [...texts])
      const connection = await opened(broker)
      expect(await textsOf(takeAll(connection, 'queue://x', never))).toEqual(texts)
      await expect.poll(() => seen).toEqual({accepted: count, closed: 1})
      connection.close()
    },
  )

  test('a right that is missing is said', async () => {
    const broker = await fakeActivemq()
    broker.container.on('sender_open', ({sender}) =>
      sender?.close({condition: 'amqp:unauthorized-access', description: 'no'}),
    )
    const connection = await opened(broker)
    await expect(textsOf(takeAll(connection, 'queue://x', never))).rejects.toMatchObject({
      kind: 'refused',
      reason: 'access-denied',
      message: expect.stringContaining('does not let this user read from queue://x'),
    })
    connection.close()
  })

  test('a connection that is lost is no end of the queue', async () => {
    const broker = await fakeActivemq()
    broker.container.on('sendable', ({connection}) => void connection.socket?.destroy())
    await expect(textsOf(takeAll(await opened(broker), 'queue://x', never))).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'no-answer',
    })
  })

  test('a signal ends it while the broker says nothing', async () => {
    const broker = await fakeActivemq()
    const connection = await opened(broker)
    const stop = new AbortController()
    broker.container.on('sender_draining', () => stop.abort(new Error('enough')))
    await expect(textsOf(takeAll(connection, 'queue://x', stop.signal))).rejects.toThrow('enough')
    connection.close()
  })
})
