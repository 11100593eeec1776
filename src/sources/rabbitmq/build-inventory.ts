import type {Body} from '../../model/artefact.ts'
import {valueOf} from '../../model/facts.ts'
import {destinationId} from '../../model/id.ts'
import type {Binding, Destination, Inventory, Observation, Vhost} from '../../model/inventory.ts'
import {isPredeclaredExchange} from '../../model/predeclared.ts'
import {isTapQueue} from '../../model/tap.ts'
import type {PolicySubject} from '../../routing/effective-policy.ts'
import {parseVersion, type Version} from '../../routing/version.ts'
import type {Exchange, Queue} from './api.ts'
import {brokerOf} from './broker-facts.ts'
import {clientsOf} from './clients.ts'
import {DEFAULT_VHOST, type Estate, inDefinitions, type Seen} from './estate.ts'
import {exchangeFacts, isBrokersOwn, predeclared} from './exchange-facts.ts'
import {linksOf} from './links.ts'
import {observe} from './observe.ts'
import {PolicyBook, type Ruling, toModel} from './policies.ts'
import {policyNotices} from './policy-notices.ts'
import {queueFacts, type QueueType, typeOfQueue} from './queue-facts.ts'

export interface Inspected {
  readonly inventory: Body<Inventory>
  readonly observations: Observation[]
}

/** What a destination became, with what ruled it: for notices and observations. */
export interface Built {
  readonly destination: Destination
  readonly ruling: Ruling
  readonly queue?: Seen<Queue>
  readonly exchange?: Seen<Exchange>
}

/** Live or from files: the same estate gives the same inventory. */
export async function buildInventory(read: Estate): Promise<Inspected> {
  const estate = withoutTaps(read)
  const version = parseVersion(estate.version)
  const defaults = new Map(estate.vhosts.map(({item}) => [item.name, item.defaultQueueType]))
  const types = estate.queues.map((queue) => typeOfQueue(queue, defaults.get(vhostOf(queue.item))))
  const exchanges = withPredeclared(estate)
  const book = await PolicyBook.open(estate.policies, subjectsOf(estate, types, exchanges), version)
  const queues = estate.queues.map((queue, index) => buildQueue(queue, types[index], book, version))
  const used = usedExchanges(estate, queues)
  const built = exchanges.map((exchange) => buildExchange(exchange, book))
  const kept = built.filter(
    ({destination, exchange}) => !isBrokersOwn(destination.name) || used(destination, exchange),
  )
  const bindings = bindingsOf(estate, queues)
  const all = [...queues, ...kept]
  return {
    inventory: {
      broker: brokerOf(estate),
      // Sorted, because brokers list in no order and the same estate must give the same inventory.
      destinations: sortedBy(
        all.map(({destination}) => destination),
        ({id}) => id,
      ),
      bindings: sortedBy(bindings, bindingOrder),
      policies: sortedBy((estate.policies ?? []).map(toModel), ({vhost, name}) => `${vhost} ${name}`),
      vhosts: estate.vhosts.map(({item}) => vhostModel(item, estate)),
      users: estate.users && estate.users.map(({name, tags}) => ({name, tags: [...tags]})),
      permissions: estate.permissions && permissionsOf(estate.permissions),
      clients: clientsOf(estate, queues),
      links: linksOf(estate, queues),
      notRead: sortedBy(estate.notRead, ({endpoint, what}) => `${endpoint} ${what}`),
      ...(estate.unread && estate.unread.length > 0 && {unread: [...estate.unread]}),
      notices: [...estate.notices, ...policyNotices(book, [...queues, ...built], estate.live)],
    },
    observations: observe(estate, all),
  }
}

/** Queues that a bridge of ours has made are no part of what is moved. */
function withoutTaps(estate: Estate): Estate {
  return {
    ...estate,
    queues: estate.queues.filter(({item}) => !isTapQueue(item.name)),
    bindings: estate.bindings.filter(
      ({item}) => item.destination_type !== 'queue' || !isTapQueue(item.destination),
    ),
  }
}

function bindingOrder({source, destination, routingKey, arguments: table}: Binding): string {
  const own = Object.keys(table).length === 0 ? '' : JSON.stringify(table)
  return `${source} ${destination} ${routingKey} ${own}`
}

function sortedBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return items
    .map((item) => ({item, by: key(item)}))
    .toSorted((one, other) => (one.by < other.by ? -1 : one.by > other.by ? 1 : 0))
    .map(({item}) => item)
}

export const vhostOf = (item: {vhost?: string | undefined}): string => item.vhost ?? DEFAULT_VHOST

function subjectsOf(
  estate: Estate,
  types: readonly QueueType[],
  exchanges: readonly Seen<Exchange>[],
): PolicySubject[] {
  return [
    ...estate.queues.map(({item}, index) => queueSubject(item, types[index]?.type ?? 'classic')),
    ...exchanges.map(({item}) => exchangeSubject(item)),
  ]
}

const queueSubject = (item: Queue, type: string): PolicySubject => ({
  kind: 'queue',
  vhost: vhostOf(item),
  name: item.name,
  type,
})
const exchangeSubject = (item: Exchange): PolicySubject => ({
  kind: 'exchange',
  vhost: vhostOf(item),
  name: item.name,
  type: 'exchange',
})

function buildQueue(
  seen: Seen<Queue>,
  type: QueueType | undefined,
  book: PolicyBook,
  version: Version | null,
): Built {
  const {item, at} = seen
  const known = type ?? typeOfQueue(seen, null)
  const ruling = book.rule(queueSubject(item, known.type), {
    policy: item.policy,
    operatorPolicy: item.operator_policy,
    definition: item.effective_policy_definition,
    at: seen.countedAt ?? at,
  })
  const kind = known.type === 'stream' ? 'stream' : 'queue'
  const [vhost, name] = [vhostOf(item), item.name]
  const facts = queueFacts(seen, known, ruling, version)
  return {destination: {id: destinationId(kind, vhost, name), kind, vhost, name, facts}, ruling, queue: seen}
}

function buildExchange(seen: Seen<Exchange>, book: PolicyBook): Built {
  const {item, at} = seen
  const ruling = book.rule(exchangeSubject(item), {
    policy: item.policy,
    operatorPolicy: null,
    definition: undefined,
    at,
  })
  const [vhost, name] = [vhostOf(item), item.name]
  const destination: Destination = {
    id: destinationId('exchange', vhost, name),
    kind: 'exchange',
    vhost,
    name,
    facts: exchangeFacts(seen, ruling),
  }
  return {destination, ruling, exchange: seen}
}

/** Exports do not list `amq.*`, yet bindings and dead-letter settings name them. The default one is never listed. */
function withPredeclared(estate: Estate): Seen<Exchange>[] {
  const listed = estate.exchanges.filter(({item}) => item.name !== '')
  const known = new Set(listed.map(({item}) => destinationId('exchange', vhostOf(item), item.name)))
  const named = [
    ...estate.bindings.flatMap(({item}) => [
      {vhost: item.vhost, name: item.source},
      ...(item.destination_type === 'exchange' ? [{vhost: item.vhost, name: item.destination}] : []),
    ]),
    ...estate.queues.map(({item}) => ({vhost: item.vhost, name: item.arguments?.['x-dead-letter-exchange']})),
    ...estate.exchanges.map(({item}) => ({vhost: item.vhost, name: item.arguments?.['alternate-exchange']})),
    ...(estate.policies ?? []).flatMap(({item}) => [
      {vhost: item.vhost, name: item.definition['dead-letter-exchange']},
      {vhost: item.vhost, name: item.definition['alternate-exchange']},
    ]),
  ]
  const added = new Map<string, Seen<Exchange>>()
  for (const {vhost = DEFAULT_VHOST, name} of named) {
    if (typeof name !== 'string' || !isBrokersOwn(name)) continue
    const id = destinationId('exchange', vhost, name)
    const exchange = known.has(id) ? undefined : predeclared(vhost, name)
    if (exchange) added.set(id, exchange)
  }
  return [...listed, ...added.values()]
}

/** Whether anything uses a predeclared exchange: a binding, a dead-letter or alternate exchange, a publisher. */
function usedExchanges(
  estate: Estate,
  queues: readonly Built[],
): (destination: Destination, exchange: Seen<Exchange> | undefined) => boolean {
  const used = new Set<string>()
  const use = (vhost: string | undefined, name: unknown): void => {
    if (typeof name === 'string') used.add(destinationId('exchange', vhost ?? DEFAULT_VHOST, name))
  }
  for (const {item} of estate.bindings) {
    use(item.vhost, item.source)
    if (item.destination_type === 'exchange') use(item.vhost, item.destination)
  }
  for (const {destination} of queues) use(destination.vhost, valueOf(destination.facts.deadLetterExchange))
  for (const {item} of estate.exchanges) use(item.vhost, item.arguments?.['alternate-exchange'])
  for (const {item} of estate.policies ?? []) use(item.vhost, item.definition['alternate-exchange'])
  return ({id, name}, exchange) =>
    used.has(id) ||
    (exchange?.item.message_stats?.publish_in_details?.rate ?? 0) > 0 ||
    // Exports leave the predeclared ones out, so one that a file declares is somebody's.
    (!isPredeclaredExchange(name) && exchange !== undefined && inDefinitions(exchange.at))
}

function bindingsOf(estate: Estate, queues: readonly Built[]): Binding[] {
  const ids = new Map(
    queues.map(({destination}) => [`${destination.vhost}\0${destination.name}`, destination.id]),
  )
  return estate.bindings
    .filter(({item}) => item.source !== '')
    .map(({item, at}) => {
      const vhost = vhostOf(item)
      const queue =
        ids.get(`${vhost}\0${item.destination}`) ?? destinationId('queue', vhost, item.destination)
      return {
        source: destinationId('exchange', vhost, item.source),
        destination:
          item.destination_type === 'exchange' ? destinationId('exchange', vhost, item.destination) : queue,
        routingKey: item.routing_key,
        arguments: item.arguments,
        evidence: at,
      }
    })
}

function vhostModel(item: Estate['vhosts'][number]['item'], estate: Estate): Vhost {
  const limits = Object.entries(estate.limits.get(item.name) ?? item.limits)
  return {
    name: item.name,
    defaultQueueType: item.defaultQueueType,
    tracing: item.tracing ?? false,
    limits: Object.fromEntries(
      limits.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    ),
  }
}

function permissionsOf(
  permissions: NonNullable<Estate['permissions']>,
): NonNullable<Inventory['permissions']> {
  return permissions.map(({user = '', vhost = DEFAULT_VHOST, configure, write, read}) => ({
    user,
    vhost,
    configure,
    write,
    read,
  }))
}
