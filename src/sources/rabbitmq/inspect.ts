import {MqliftError} from '../../errors.ts'
import {type Notice, UnreadList} from '../../model/inventory.ts'
import {word} from '../../model/shell.ts'
import {endpointOf, type ManagementApi} from '../../protocols/management.ts'
import * as schema from './api.ts'
import {buildInventory, type Inspected} from './build-inventory.ts'
import type {Estate, Seen, SeenPolicy} from './estate.ts'
import {readPublishers} from './read-publishers.ts'
import {readQueues} from './read-queues.ts'
import {EstateReader} from './reader.ts'
import {ASKED, type AskedName, notReadVhosts} from './rights.ts'

export interface InspectOptions {
  /** Only this virtual host; undefined = all that the user may see. */
  readonly vhost?: string | undefined
  /** Address without credentials, as the operator wrote it. */
  readonly address?: string
}

/**
 * Reads a live broker through its management API, with GETs alone. Any subset of rights works: what was refused
 * is in `inventory.notRead` with the right that was missing (SEC-43, SEC-44).
 */
export async function inspectRabbitmq(
  api: ManagementApi,
  signal: AbortSignal,
  options: InspectOptions = {},
): Promise<Inspected> {
  return buildInventory(await readEstate(new EstateReader(api, signal), options))
}

export async function readEstate(reader: EstateReader, options: InspectOptions): Promise<Estate> {
  const {vhost} = options
  const everything = seesEverything(await whoAmI(reader))
  const overview = await reader.one(['overview'], schema.Overview, ask('overview', reader))
  if (!overview) throw noManagement(reader)
  // The large lists one after the other: each is aggregated on the node that answers.
  const queues = await readQueues(reader, overview, vhost, ask('queues', reader))
  const topology = await readTopology(reader, vhost)
  const running = await readRunning(reader, everything, overview.rates_mode)
  const access = await readAccess(reader)
  if (!everything) reader.skipped(['vhosts'], ask('other-vhosts', reader))
  return {
    address: options.address ?? reader.address,
    live: true,
    version: overview.rabbitmq_version ?? null,
    overview,
    queues: queues?.queues ?? [],
    ...topology.read,
    ...running,
    ...access,
    ...within(vhost, {...running, ...access}),
    notRead: reader.notRead,
    unread: unreadLists({...topology.lists, queues}),
    notices: [...(queues?.notices ?? []), ...rates(overview)],
    observedAt: queues ? toIso(queues.date) : null,
  }
}

type Scoped = Pick<Estate, 'permissions' | 'consumers' | 'connections' | 'shovels' | 'federationLinks'>

/** These lists are of the whole broker. */
function within(vhost: string | undefined, lists: Scoped): Scoped {
  const kept = <T extends {vhost?: string | undefined}>(items: readonly T[] | null): readonly T[] | null =>
    vhost === undefined ? items : items && items.filter((item) => item.vhost === vhost)
  return {
    permissions: kept(lists.permissions),
    consumers: kept(lists.consumers),
    connections: kept(lists.connections),
    shovels: kept(lists.shovels),
    federationLinks: kept(lists.federationLinks),
  }
}

type Topology = Pick<
  Estate,
  'nodes' | 'vhosts' | 'exchanges' | 'bindings' | 'policies' | 'parameters' | 'limits'
>

type Lists = Readonly<Record<UnreadList, unknown>>

/** Every virtual host has predeclared exchanges: who sees none sees no virtual host. */
function unreadLists(lists: Lists): UnreadList[] {
  const {exchanges} = lists
  const isBlind = !Array.isArray(exchanges) || exchanges.length === 0
  return UnreadList.options.filter((name) => isBlind || lists[name] === null)
}

async function readTopology(
  reader: EstateReader,
  vhost: string | undefined,
): Promise<{read: Topology; lists: Omit<Lists, 'queues'>}> {
  const scope = (name: string): string[] => (vhost === undefined ? [name] : [name, vhost])
  const exchanges = await reader.list(scope('exchanges'), schema.Exchange, ask('exchanges', reader))
  const bindings = await reader.list(scope('bindings'), schema.Binding, ask('bindings', reader))
  const [nodes, vhosts, policies, parameters, limits] = await Promise.all([
    reader.list(['nodes'], schema.ClusterNode, ask('nodes', reader)),
    reader.list(['vhosts'], schema.Vhost, ask('vhosts', reader)),
    readPolicies(reader, vhost),
    reader.list(['parameters'], schema.Parameter, ask('parameters', reader)),
    reader.list(['vhost-limits'], schema.VhostLimits, ask('vhost-limits', reader)),
  ])
  const inScope = (name: string | undefined): boolean => vhost === undefined || name === vhost
  const visible = (vhosts ?? []).filter(({name}) => inScope(name))
  if (exchanges) reader.notRead.push(...notReadVhosts(visible, exchanges, reader.user))
  const read = {
    nodes,
    vhosts: visible.map((item) => ({item, at: endpointOf(['vhosts', item.name])})),
    exchanges: (exchanges ?? []).map((item) => ({
      item,
      at: endpointOf(['exchanges', item.vhost ?? '', item.name]),
    })),
    bindings: (bindings ?? []).map((item) => ({item, at: bindingEvidence(item)})),
    policies,
    parameters: parameters && parameters.filter((item) => inScope(item.vhost)).map(seenParameter),
    limits: new Map((limits ?? []).map(({vhost: name, value}) => [name, value])),
  }
  return {read, lists: {exchanges, bindings, policies}}
}

async function readAccess(reader: EstateReader): Promise<Pick<Estate, 'users' | 'permissions'>> {
  const [users, permissions] = await Promise.all([
    reader.list(['users'], schema.User, ask('users', reader)),
    reader.list(['permissions'], schema.Permission, ask('permissions', reader)),
  ])
  return {users, permissions}
}

const ask = (name: AskedName, reader: EstateReader): ReturnType<(typeof ASKED)[AskedName]> =>
  ASKED[name](reader.user)

async function whoAmI(reader: EstateReader): Promise<readonly string[]> {
  const answer = await reader.get(['whoami'])
  if (!answer.ok) throw noManagement(reader)
  return schema.WhoAmI.parse(answer.body).tags ?? []
}

function noManagement(reader: EstateReader): MqliftError {
  const {right, command} = ask('overview', reader)
  return new MqliftError(
    'unreachable',
    `User ${reader.user} may sign in at ${reader.address} but not read it`,
    {
      reason: 'not-management-user',
      suggestions: [
        `It needs ${right}: ${command}`,
        `and on every virtual host: rabbitmqctl set_permissions -p <vhost> ${word(reader.user)} '^$' '^$' '^$'`,
        'Or work from a file: rabbitmqctl export_definitions definitions.json',
      ],
    },
  )
}

/** Without one of these the broker answers with the user's own things only, and does not say so. */
const seesEverything = (tags: readonly string[]): boolean =>
  tags.includes('monitoring') || tags.includes('administrator')

interface Running {
  readonly consumers: Estate['consumers']
  readonly connections: Estate['connections']
  readonly publishes: Estate['publishes']
  readonly shovels: Estate['shovels']
  readonly federationLinks: Estate['federationLinks']
}

async function readRunning(
  reader: EstateReader,
  everything: boolean,
  ratesMode: string | undefined,
): Promise<Running> {
  const [shovels, federationLinks] = await Promise.all([
    reader.list(['shovels'], schema.Shovel, ask('shovels', reader)),
    reader.list(['federation-links'], schema.FederationLink, ask('federation-links', reader)),
  ])
  if (!everything) {
    for (const name of ['consumers', 'connections'] as const) reader.skipped([name], ask(name, reader))
    return {consumers: null, connections: null, publishes: new Map(), shovels, federationLinks}
  }
  const [consumers, connections] = await Promise.all([
    reader.list(['consumers'], schema.Consumer, ask('consumers', reader)),
    reader.list(['connections'], schema.Connection, ask('connections', reader)),
  ])
  const publishes = await readPublishers(reader, ratesMode, ask('publishers', reader))
  return {consumers, connections, publishes, shovels, federationLinks}
}

async function readPolicies(reader: EstateReader, vhost: string | undefined): Promise<SeenPolicy[] | null> {
  const read = async (name: 'policies' | 'operator-policies'): Promise<SeenPolicy[] | null> => {
    const segments = vhost === undefined ? [name] : [name, vhost]
    const items = await reader.list(segments, schema.Policy, ask(name, reader))
    return (
      items?.map((item) => ({
        item,
        operator: name === 'operator-policies',
        at: endpointOf([name, item.vhost ?? '', item.name]),
      })) ?? null
    )
  }
  const [policies, operatorPolicies] = await Promise.all([read('policies'), read('operator-policies')])
  return policies && operatorPolicies && [...policies, ...operatorPolicies]
}

const seenParameter = (item: schema.Parameter): Seen<schema.Parameter> => ({
  item,
  at: endpointOf(['parameters', item.component, item.vhost ?? '', item.name]),
})

function bindingEvidence({vhost = '', source, destination, destination_type: kind}: schema.Binding): string {
  return endpointOf(['bindings', vhost, 'e', source, kind === 'exchange' ? 'e' : 'q', destination])
}

/** HTTP dates are the broker's clock, to the second. */
function toIso(date: string | undefined): string {
  const time = Date.parse(date ?? '')
  return (Number.isNaN(time) ? new Date() : new Date(time)).toISOString()
}

function rates(overview: schema.Overview): Notice[] {
  const because =
    overview.disable_stats === true
      ? 'Statistics are switched off on this broker: no rates, sizes, consumers or plugins were read'
      : overview.rates_mode === 'none'
        ? 'This broker keeps no rates (rates_mode none)'
        : undefined
  return because === undefined
    ? []
    : [
        {
          rule: 'statistics-off',
          subjects: [],
          because,
          evidence: ['GET /api/overview → disable_stats, rates_mode'],
        },
      ]
}
