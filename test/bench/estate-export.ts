/**
 * A definitions export as a large company has it: one virtual host per team, one group of exchanges per service,
 * queues of every kind, a good half of them with settings that SQS knows in another form. The same size gives the
 * same bytes. Two bindings for each queue on average.
 */
export function estateExport(queues: number): string {
  const estate: Estate = {queues: [], exchanges: [], bindings: []}
  const services = Math.ceil(queues / QUEUES_PER_SERVICE)
  for (let i = 0; i < services; i++)
    addService(estate, i, Math.min(QUEUES_PER_SERVICE, queues - i * QUEUES_PER_SERVICE))
  const vhosts = [...new Set(estate.queues.map(({vhost}) => vhost))]
  return JSON.stringify({
    rabbit_version: '3.13.7',
    rabbitmq_version: '3.13.7',
    product_name: 'RabbitMQ',
    product_version: '3.13.7',
    users: vhosts.map((vhost) => ({name: `${vhost}-app`, tags: []})),
    vhosts: vhosts.map((name) => ({name})),
    permissions: vhosts.map((vhost) => ({
      user: `${vhost}-app`,
      vhost,
      configure: '',
      write: '.*',
      read: '.*',
    })),
    topic_permissions: [],
    parameters: [],
    global_parameters: [{name: 'cluster_name', value: 'rabbit@bench'}],
    policies: vhosts.flatMap(policiesOf),
    ...estate,
  })
}

interface Queue {
  readonly vhost: string
  readonly name: string
  readonly durable: boolean
  readonly auto_delete: boolean
  readonly arguments: Readonly<Record<string, unknown>>
}

interface Exchange {
  readonly vhost: string
  readonly name: string
  readonly type: string
  readonly durable: boolean
  readonly auto_delete: boolean
  readonly internal: boolean
  readonly arguments: Readonly<Record<string, unknown>>
}

interface Binding {
  readonly vhost: string
  readonly source: string
  readonly destination: string
  readonly destination_type: 'queue' | 'exchange'
  readonly routing_key: string
  readonly arguments: Readonly<Record<string, unknown>>
}

interface Estate {
  readonly queues: Queue[]
  readonly exchanges: Exchange[]
  readonly bindings: Binding[]
}

const QUEUES_PER_SERVICE = 10
const SERVICES_PER_TEAM = 25
const WORDS = ['order', 'invoice', 'shipment', 'payment', 'customer', 'price', 'stock', 'return']
const ACTIONS = ['created', 'changed', 'cancelled', 'archived']

const nth = <T>(list: readonly T[], i: number): T => list[i % list.length]!

/** What the queues of a service are declared with, in turn. */
const KINDS: readonly ((service: string, i: number) => Readonly<Record<string, unknown>>)[] = [
  () => ({'x-queue-type': 'quorum', 'x-delivery-limit': 5}),
  () => ({}),
  (service) => ({'x-dead-letter-exchange': `${service}.dead`}),
  (service) => ({'x-queue-type': 'quorum', 'x-dead-letter-exchange': `${service}.dead`}),
  (_, i) => ({'x-max-priority': 3 + (i % 8)}),
  (_, i) => ({'x-message-ttl': 60_000 * (1 + (i % 30))}),
  (_, i) => ({'x-max-length': 1000 * (1 + (i % 50)), 'x-overflow': 'reject-publish'}),
  () => ({'x-queue-type': 'quorum', 'x-single-active-consumer': true}),
  // Where rejected messages wait before they are tried again, and where they end.
  (service, i) => ({
    'x-message-ttl': 5000 * (1 + (i % 6)),
    'x-dead-letter-exchange': `${service}.commands`,
    'x-dead-letter-routing-key': `${service}.0`,
  }),
  () => ({}),
]
const STREAM = {'x-queue-type': 'stream', 'x-max-age': '7D'}

const policiesOf = (vhost: string) => [
  {
    vhost,
    name: 'ha',
    pattern: '\\.[1-4]$',
    'apply-to': 'queues',
    priority: 0,
    definition: {'ha-mode': 'exactly', 'ha-params': 2},
  },
  {
    vhost,
    name: 'cap',
    pattern: '^.*dead',
    'apply-to': 'queues',
    priority: 5,
    definition: {'max-length': 100_000},
  },
]

function addService({queues, exchanges, bindings}: Estate, i: number, count: number): void {
  const vhost = `team-${Math.floor(i / SERVICES_PER_TEAM)}`
  const service = `${nth(WORDS, i)}-${i}`
  const declared = {vhost, durable: true, auto_delete: false, internal: false, arguments: {}}
  const bind = (source: string, destination: string, routing_key: string, more: Partial<Binding> = {}) =>
    bindings.push({
      vhost,
      source,
      destination,
      destination_type: 'queue',
      routing_key,
      arguments: {},
      ...more,
    })
  for (const [name, type] of [
    ['events', 'topic'],
    ['commands', 'direct'],
    ['all', 'fanout'],
    ['dead', 'direct'],
    ['region', 'headers'],
  ] as const)
    exchanges.push({...declared, name: `${service}.${name}`, type})
  bind(`${service}.events`, `${service}.all`, `${nth(WORDS, i)}.#`, {destination_type: 'exchange'})
  for (let k = 0; k < count; k++) {
    const name = `${service}.${k}`
    const stream = k === 9 && i % 20 === 0
    const table = stream ? STREAM : nth(KINDS, k)(service, i + k)
    queues.push({vhost, name, durable: true, auto_delete: k === 9 && i % 7 === 1, arguments: table})
    bind(`${service}.commands`, name, name)
    if (k < 3) bind(`${service}.events`, name, `${nth(WORDS, i + k)}.*.${nth(ACTIONS, k)}`)
    else if (k < 5) bind(`${service}.all`, name, '')
    else if (k < 7) bind(`${service}.events`, name, `${nth(WORDS, k)}.${nth(ACTIONS, i)}.#`)
    else if (k === 7)
      bind(`${service}.region`, name, '', {arguments: {'x-match': 'all', region: 'eu', tier: `t${i % 4}`}})
    else if (k === 9) bind(`${service}.dead`, name, `${service}.2`)
  }
}
