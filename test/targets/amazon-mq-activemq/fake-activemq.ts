import {once} from 'node:events'
import type {Server} from 'node:net'
import type {AddressInfo} from 'node:net'

import rhea from 'rhea'
import type {Connection, Container} from 'rhea'
import {onTestFinished} from 'vitest'

export interface FakeActivemq {
  readonly port: number
  readonly container: Container
  readonly connections: readonly Connection[]
  /** Takes no more connections; those there are stay open. */
  stopListening(): void
}

/** A peer that takes everybody and every link, gives credit, and settles nothing unless the test does. */
export async function fakeActivemq(): Promise<FakeActivemq> {
  const container = rhea.create_container()
  container.sasl_server_mechanisms.enable_plain(() => true)
  const connections: Connection[] = []
  container.on('connection_open', ({connection}) => void connections.push(connection))
  for (const event of ['disconnected', 'connection_error', 'session_error', 'error'])
    container.on(event, () => undefined)
  container.on('sender_open', ({sender}) => {
    if (sender?.source.dynamic === true) sender.set_source({address: 'temp-queue://inbox'})
  })
  const server: Server = container.listen({
    port: 0,
    host: '127.0.0.1',
    autoaccept: false,
    properties: {product: 'ActiveMQ', version: '5.18.3'},
  } as never)
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  onTestFinished(() => {
    for (const connection of connections) connection.close()
    server.close()
  })
  return {port, container, connections, stopListening: () => void server.close()}
}
