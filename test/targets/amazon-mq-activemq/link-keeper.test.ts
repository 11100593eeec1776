import rhea from 'rhea'
import {expect, onTestFinished, test} from 'vitest'

import {Secret} from '../../../src/model/secret.ts'
import {ActivemqEndpoint} from '../../../src/targets/amazon-mq-activemq/endpoint.ts'
import {LinkKeeper} from '../../../src/targets/amazon-mq-activemq/link-keeper.ts'
import {never} from './activemq-kit.ts'
import {fakeActivemq} from './fake-activemq.ts'

const MESSAGE = rhea.message.encode({body: 'x'})

/** Asks after the broker all the time. */
async function keeper(ports: readonly number[], said: string[] = []): Promise<LinkKeeper> {
  const endpoint = await ActivemqEndpoint.open({
    address: `amqp://admin@${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    options: {
      password: new Secret('admin'),
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:test',
      onNotice: (text) => void said.push(text),
    },
  })
  const links = new LinkKeeper({endpoint, address: 'queue://orders', silenceMs: 20})
  onTestFinished(() => links[Symbol.asyncDispose]())
  return links
}

test('of a pair whose other host is active now, the silent connection to the first is given up', async () => {
  const [first, second] = [await fakeActivemq(), await fakeActivemq()]
  const links = await keeper([first.port, second.port])
  const link = await links.link(never)
  expect(link.host).toContain(String(first.port))
  const sending = link.send(MESSAGE)
  // Gone without a word: the connection is never closed.
  first.stopListening()
  await expect(sending).resolves.toEqual({
    type: 'lost',
    reason: `amqp://127.0.0.1:${first.port} says nothing, and amqp://127.0.0.1:${second.port} is the active one now`,
  })
  expect((await links.link(never)).host).toContain(String(second.port))
})

test('a broker that is silent, and answers where we are connected, is waited for', async () => {
  const said: string[] = []
  const [first, second] = [await fakeActivemq(), await fakeActivemq()]
  const link = await (await keeper([first.port, second.port], said)).link(never)
  void link.send(MESSAGE)
  await expect.poll(() => said).toEqual([expect.stringContaining('holds producers back')])
  expect(link.ended).toBeUndefined()
})

test('a session that the broker ends is a link that ended, and the next one has a connection of its own', async () => {
  const broker = await fakeActivemq()
  const links = await keeper([broker.port])
  const link = await links.link(never)
  broker.container.once('message', ({session}) => session?.close())
  await expect(link.send(MESSAGE)).resolves.toMatchObject({
    type: 'lost',
    reason: expect.stringContaining('ended the session'),
  })
  await expect(links.link(never)).resolves.not.toBe(link)
  await expect.poll(() => broker.connections.filter((each) => each.is_open())).toHaveLength(1)
})
