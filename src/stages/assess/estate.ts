import type {Estate} from '../../criteria/criterion.ts'
import {SQS} from '../../facts/sqs.ts'
import type {Body} from '../../model/artefact.ts'
import {type Facts, valueOf} from '../../model/facts.ts'
import type {Client, Destination, Inventory, Observation} from '../../model/inventory.ts'

/** Structure and observation of every destination, by id. */
export type FactsOf = (id: string) => Facts

export function factsOf(inventory: Body<Inventory>, observation: Observation | undefined): FactsOf {
  const facts = new Map<string, Facts>(
    inventory.destinations.map(({id, facts: declared}) => {
      const observed = observation?.destinations[id]
      return [id, observed === undefined ? declared : {...declared, ...observed}]
    }),
  )
  return (id) => facts.get(id) ?? {}
}

export const isQueue = ({kind}: Destination): boolean => kind === 'queue' || kind === 'stream'

export function describeEstate(
  inventory: Body<Inventory>,
  observation: Observation | undefined,
  facts: FactsOf,
): Estate {
  const queues = inventory.destinations.filter(isQueue)
  const rates = queues.flatMap(({id}) => valueOf(facts(id).publishRate) ?? [])
  return {
    broker: inventory.broker,
    clientsOf: inventory.clients && clientsByDestination(inventory.clients),
    links: inventory.links,
    sameName: sameNames(queues),
    observedAt: observation ? Date.parse(observation.at) : null,
    messagesPerSecond: rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0),
    queues: queues.length,
  }
}

function clientsByDestination(clients: readonly Client[]): Map<string, Client[]> {
  const byId = new Map<string, Client[]>()
  for (const client of clients) {
    for (const id of new Set([...client.consumes, ...client.publishes])) {
      const known = byId.get(id)
      if (known === undefined) byId.set(id, [client])
      else known.push(client)
    }
  }
  return byId
}

/**
 * Queues that would have one name if it were only cleaned and cut (routing/names.ts keeps them apart). Of a large
 * group only a few are named: ten thousand times ten thousand ids help nobody.
 */
function sameNames(queues: readonly Destination[]): Map<string, string[]> {
  const same = new Map<string, string[]>()
  for (const group of Map.groupBy(queues, ({name}) => cleaned(name)).values()) {
    if (group.length < 2) continue
    const few = group.slice(0, FEW + 1).map(({id}) => id)
    for (const {id} of group) same.set(id, few.filter((other) => other !== id).slice(0, FEW))
  }
  return same
}

const FEW = 10

const cleaned = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, SQS.nameCharacters.value)
