import {z} from 'zod'

import {failed, ok, type Diagnosis, type Probe, unknown, warning} from '../../model/doctor.ts'
import {word} from '../../model/shell.ts'
import {visible} from '../../model/visible.ts'
import {type Answer, ManagementApi, type ManagementOptions} from '../../protocols/management.ts'

interface ManagementProbeOptions {
  readonly management: ManagementOptions
  /** Null = all of them. */
  readonly vhost: string | null
  readonly now: () => number
}

const WhoAmI = z.looseObject({
  name: z.string(),
  // 3.8 gives one string with commas.
  tags: z.union([
    z.string().transform((tags) => tags.split(',').map((tag) => tag.trim())),
    z.array(z.string()),
  ]),
})
const Overview = z.looseObject({
  management_version: z.string().optional(),
  rabbitmq_version: z.string().optional(),
  disable_stats: z.boolean().optional(),
})
const Nodes = z.array(
  z.looseObject({
    name: z.string(),
    running: z.boolean().optional(),
    mem_alarm: z.boolean().optional(),
    disk_free_alarm: z.boolean().optional(),
    disk_free: z.number().optional(),
    partitions: z.array(z.string()).optional(),
  }),
)
const Vhosts = z.array(z.looseObject({name: z.string()}))

type Ask = (api: ManagementApi, signal: AbortSignal) => Promise<Diagnosis>

export function managementProbes(options: ManagementProbeOptions): Probe[] {
  const {management} = options
  const probe = (id: string, question: string, ask: Ask, needs = ['management.login']): Probe => ({
    id,
    question,
    needs,
    async run(signal) {
      await using api = await ManagementApi.connect(management, signal)
      return await ask(api, signal)
    },
  })
  return [
    probe('management.login', 'Does the management API answer and know the user?', login, []),
    probe('management.statistics', 'Does the broker keep statistics?', statistics),
    probe('management.alarms', 'Is any node in alarm, down or split off?', alarms),
    probe('management.clock', 'Do the clocks here and there agree?', (api, signal) =>
      clock(api, {signal, now: options.now}),
    ),
    probe('rights.inspect', 'May the user see nodes, connections and consumers?', inspectRight),
    probe('rights.vhosts', 'May the user see every vhost?', (api, signal) =>
      vhostRights(api, options.vhost, signal),
    ),
    probe('rights.access', 'May the user see users and permissions?', accessRight),
  ]
}

async function login(api: ManagementApi, signal: AbortSignal): Promise<Diagnosis> {
  const {name, tags} = await whoAmI(api, signal)
  return ok(`${api.address}: ${visible(name)}, tags ${tags.map(visible).join(', ') || 'none'}`)
}

async function whoAmI(api: ManagementApi, signal: AbortSignal): Promise<z.infer<typeof WhoAmI>> {
  const answer = await api.get(['whoami'], {}, signal)
  return answer.ok ? WhoAmI.parse(answer.body) : {name: api.user, tags: []}
}

async function statistics(api: ManagementApi, signal: AbortSignal): Promise<Diagnosis> {
  const answer = await api.get(['overview'], {}, signal)
  if (!answer.ok) return refused(answer, 'management')
  const {disable_stats: off, rabbitmq_version: version = 'unknown'} = Overview.parse(answer.body)
  return off === true
    ? warning(
        `RabbitMQ ${visible(version)}, statistics are switched off: no rates, no arrivals during the move`,
        'Set management_agent.disable_metrics_collector = false and management.disable_stats = false',
      )
    : ok(`RabbitMQ ${visible(version)}, statistics are kept`)
}

async function alarms(api: ManagementApi, signal: AbortSignal): Promise<Diagnosis> {
  const answer = await api.get(['nodes'], {}, signal)
  if (!answer.ok) return refused(answer, 'monitoring')
  const nodes = Nodes.parse(answer.body)
  const troubles = nodes.flatMap((node) => [
    ...(node.running === false ? [`${visible(node.name)} is down`] : []),
    ...(node.mem_alarm === true ? [`${visible(node.name)} is out of memory: publishers are blocked`] : []),
    ...(node.disk_free_alarm === true
      ? [`${visible(node.name)} is out of disk: publishers are blocked`]
      : []),
    ...((node.partitions ?? []).length > 0 ? [`${visible(node.name)} is cut off from other nodes`] : []),
  ])
  if (troubles.length > 0) return failed(troubles.join('; '), 'Settle it first: rabbitmq-diagnostics alarms')
  return ok(`${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, no alarm`)
}

/** Half a minute between two machines is a clock that nobody sets. AWS refuses signatures more than 5 minutes off. */
const MOST_SKEW_MS = 30_000

async function clock(
  api: ManagementApi,
  {signal, now}: {readonly signal: AbortSignal; readonly now: () => number},
): Promise<Diagnosis> {
  const answer = await api.get(['whoami'], {}, signal)
  const there = answer.ok ? Date.parse(answer.date ?? '') : Number.NaN
  if (Number.isNaN(there)) return unknown('the broker does not say what time it is')
  const skew = now() - there
  const said = `${Math.abs(skew / 1000).toFixed(0)} s ${skew < 0 ? 'behind' : 'ahead of'} the broker`
  return Math.abs(skew) > MOST_SKEW_MS
    ? warning(said, 'Set both clocks by NTP: timedatectl status')
    : ok(said)
}

async function inspectRight(api: ManagementApi, signal: AbortSignal): Promise<Diagnosis> {
  const {name, tags} = await whoAmI(api, signal)
  const held = tags.map(visible).join(', ') || 'none'
  if (tags.some((tag) => tag === 'monitoring' || tag === 'administrator')) return ok(`tags: ${held}`)
  return warning(
    `tags: ${held}; missing: monitoring. Nodes, connections, channels and consumers will be "not checked"`,
    `rabbitmqctl set_user_tags ${word(name)} monitoring`,
  )
}

async function accessRight(api: ManagementApi, signal: AbortSignal): Promise<Diagnosis> {
  const answer = await api.get(['users'], {}, signal)
  if (answer.ok) return ok('GET /api/users answers')
  return warning(
    'missing: administrator. Users, permissions and shovel parameters will be "not checked"',
    'Ask the administrator for a file: rabbitmqctl export_definitions definitions.json',
  )
}

/** A vhost without any permission is left out of every list without a word. */
async function vhostRights(api: ManagementApi, only: string | null, signal: AbortSignal): Promise<Diagnosis> {
  const names = only === null ? await vhostNames(api, signal) : [only]
  if (names === null) return unknown('GET /api/vhosts is not allowed', 'Name the vhost in the address')
  const closed: string[] = []
  for (const name of names) {
    const answer = await api.get(['queues', name], {page: '1', page_size: '1', columns: 'name'}, signal)
    if (!answer.ok && answer.problem === 'not-permitted') closed.push(name)
    if (!answer.ok && answer.problem === 'not-found')
      return failed(`there is no vhost ${visible(name)}`, 'rabbitmqctl list_vhosts')
  }
  if (closed.length === 0) return ok(`${names.length} of ${names.length} vhosts`)
  const [first = ''] = closed
  return failed(
    `no permission on ${closed.length} of ${names.length} vhosts: ${closed.map(visible).join(', ')}; they would be left out`,
    `rabbitmqctl set_permissions -p ${word(first)} ${word(api.user)} '^$' '^$' '^$'`,
  )
}

async function vhostNames(api: ManagementApi, signal: AbortSignal): Promise<string[] | null> {
  const answer = await api.get(['vhosts'], {}, signal)
  return answer.ok ? Vhosts.parse(answer.body).map(({name}) => name) : null
}

function refused(answer: Answer & {ok: false}, tag: string): Diagnosis {
  const why = `${answer.endpoint}: ${visible(answer.reason)}`
  return answer.problem === 'not-permitted' ? unknown(`${why}; missing: tag ${tag}`) : unknown(why)
}
