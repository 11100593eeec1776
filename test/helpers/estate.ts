import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import type {Body} from '../../src/model/artefact.ts'
import type {Destination, Inventory} from '../../src/model/inventory.ts'

const evidence = 'definitions.json'
const known = <T>(value: T) => ({value, evidence})

/** A durable classic queue about which everything is known. */
export const queue = (name: string, facts: Destination['facts'] = {}): Destination => ({
  id: `queue:%2F/${encodeURIComponent(name)}`,
  kind: 'queue',
  vhost: '/',
  name,
  facts: {
    type: known('classic'),
    durable: known(true),
    autoDelete: known(false),
    exclusive: known(false),
    maxPriority: known(null),
    messageTtl: known(null),
    deadLetterExchange: known(null),
    ...facts,
  },
})

export const estate = (...destinations: Destination[]): Body<Inventory> => ({
  broker: {
    kind: 'rabbitmq',
    version: '4.0.5',
    clusterName: 'rabbit@one',
    nodes: [],
    plugins: [],
    exchangeTypes: null,
    address: 'amqp://localhost',
    listeners: [],
    statistics: true,
  },
  destinations,
  bindings: [],
  policies: [],
  vhosts: [{name: '/', defaultQueueType: null, tracing: false, limits: {}}],
  users: null,
  permissions: null,
  clients: null,
  links: null,
  notRead: [],
  notices: [],
})

/** The estate as an inventory.json in a folder; its path. */
export async function inventoryFile(folder: string, body: Body<Inventory>): Promise<string> {
  const path = join(folder, 'brought-along.json')
  await writeFile(path, JSON.stringify({kind: 'mqlift/inventory', version: 1, inputs: {}, ...body}))
  return path
}
