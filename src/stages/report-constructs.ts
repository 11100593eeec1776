import type {Body} from '../model/artefact.ts'
import {valueOf, type Fact, type StructureFacts} from '../model/facts.ts'
import type {Destination, Inventory} from '../model/inventory.ts'
import type {Construct} from '../model/report.ts'

const isQueue = (destination: Destination): boolean =>
  destination.kind === 'queue' || destination.kind === 'stream'

interface Feature {
  readonly construct: string
  readonly fact: keyof StructureFacts
  readonly uses: (value: unknown) => boolean
}

const isSet = (value: unknown): boolean => value !== null
const isTrue = (value: unknown): boolean => value === true

/** What a queue can ask of a broker beyond holding messages. */
const QUEUE_FEATURES: readonly Feature[] = [
  {construct: 'dead-letter exchange', fact: 'deadLetterExchange', uses: isSet},
  {construct: 'message TTL', fact: 'messageTtl', uses: isSet},
  {construct: 'expires when unused', fact: 'expires', uses: isSet},
  {construct: 'maximum length', fact: 'maxLength', uses: isSet},
  {construct: 'maximum length in bytes', fact: 'maxLengthBytes', uses: isSet},
  {construct: 'overflow behaviour', fact: 'overflow', uses: isSet},
  {construct: 'priorities', fact: 'maxPriority', uses: (value) => isSet(value) && value !== 0},
  {construct: 'delivery limit', fact: 'deliveryLimit', uses: (value) => isSet(value) && value !== -1},
  {construct: 'single active consumer', fact: 'singleActiveConsumer', uses: isTrue},
  {construct: 'mirrored', fact: 'mirrored', uses: isTrue},
  {construct: 'not durable', fact: 'durable', uses: (value) => value === false},
  {construct: 'auto-delete', fact: 'autoDelete', uses: isTrue},
  {construct: 'exclusive', fact: 'exclusive', uses: isTrue},
]

const EXCHANGE_FEATURES: readonly Feature[] = [
  {construct: 'alternate exchange', fact: 'alternateExchange', uses: isSet},
  {construct: 'internal', fact: 'internal', uses: isTrue},
  {construct: 'not durable', fact: 'durable', uses: (value) => value === false},
]

/** How often each kind of object and each feature occurs: what the estate is made of. */
export function constructs(inventory: Body<Inventory>): Construct[] {
  const queues = inventory.destinations.filter(isQueue)
  const exchanges = inventory.destinations.filter(({kind}) => kind === 'exchange')
  return [
    ...byType('queues', queues),
    ...QUEUE_FEATURES.map((feature) => count('queue features', feature, queues)),
    ...byType('exchanges', exchanges),
    ...EXCHANGE_FEATURES.map((feature) => count('exchange features', feature, exchanges)),
    ...bindings(inventory),
    ...links(inventory),
  ].filter(({objects, unknown}) => objects > 0 || unknown > 0)
}

function byType(group: string, destinations: readonly Destination[]): Construct[] {
  const types = Map.groupBy(destinations, ({facts}) => valueOf(facts.type) ?? 'type unknown')
  return [...types]
    .map(([construct, members]) => ({group, construct, objects: members.length, unknown: 0}))
    .toSorted((one, other) => other.objects - one.objects || one.construct.localeCompare(other.construct))
}

function count(group: string, feature: Feature, destinations: readonly Destination[]): Construct {
  const facts = destinations.map((destination): Fact<unknown> | undefined => destination.facts[feature.fact])
  const known = facts.map((fact) => valueOf(fact)).filter((value) => value !== undefined)
  return {
    group,
    construct: feature.construct,
    objects: known.filter((value) => feature.uses(value)).length,
    unknown: facts.length - known.length,
  }
}

function bindings(inventory: Body<Inventory>): Construct[] {
  const types = new Map(inventory.destinations.map(({id, facts}) => [id, valueOf(facts.type)]))
  const between = inventory.bindings.filter(({destination}) => destination.startsWith('exchange:')).length
  const groups = Map.groupBy(
    inventory.bindings,
    ({source}) => types.get(source) ?? 'predeclared or missing exchange',
  )
  return [
    ...[...groups].map(([type, {length}]) => ({
      group: 'bindings',
      construct: `of ${type} exchanges`,
      objects: length,
      unknown: 0,
    })),
    {group: 'bindings', construct: 'from exchange to exchange', objects: between, unknown: 0},
  ]
}

function links(inventory: Body<Inventory>): Construct[] {
  const group = 'around the queues'
  const {policies, links: found, clients} = inventory
  return [
    {group, construct: 'policies', objects: policies.filter(({operator}) => !operator).length, unknown: 0},
    {
      group,
      construct: 'operator policies',
      objects: policies.filter(({operator}) => operator).length,
      unknown: 0,
    },
    ...(['shovel', 'federation'] as const).map((kind) => ({
      group,
      construct: kind === 'shovel' ? 'shovels' : 'federation links',
      objects: found?.filter((one) => one.kind === kind).length ?? 0,
      unknown: found === null ? 1 : 0,
    })),
    ...[...Map.groupBy(clients ?? [], ({protocol}) => protocol)].map(([protocol, {length}]) => ({
      group: 'applications',
      construct: `over ${protocol}`,
      objects: length,
      unknown: 0,
    })),
  ]
}
