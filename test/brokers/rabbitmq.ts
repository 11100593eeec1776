import {copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {installRabbitmq3, installRabbitmq4, mountProc} from './install.ts'
import {
  freePorts,
  isAlive,
  LAB,
  run,
  type Service,
  signalGroup,
  startService,
  stopGroup,
  tail,
  until,
} from './lab.ts'
import {registerForSweep} from './registry.ts'

export type Major = 3 | 4

export interface RabbitmqOptions {
  readonly major: Major
  /** Further lines of rabbitmq.conf, for example `consumer_timeout = 15000`. */
  readonly conf?: readonly string[]
  /** Further settings of the `rabbit` application as Erlang terms, for what rabbitmq.conf has no name for. */
  readonly rabbit?: readonly string[]
  readonly plugins?: readonly string[]
  /** PEM files; adds a TLS listener, without them `amqps` is null. */
  readonly tls?: {readonly caFile: string; readonly certFile: string; readonly keyFile: string}
}

/** Everything needed to find, stop and restart a broker: plain data, so that it can cross processes. */
export interface RabbitmqRecord {
  readonly major: Major
  readonly group: number
  readonly ports: {readonly amqp: number; readonly management: number; readonly amqps: number | null}
  readonly epmd: number
  /** The directory as the broker sees it, and from outside. */
  readonly inside: string
  readonly outside: string
  /** Empty = no chroot. */
  readonly root: string
}

export interface Rabbitmq extends AsyncDisposable {
  readonly record: RabbitmqRecord
  readonly major: Major
  readonly port: number
  readonly user: string
  readonly password: string
  /** `amqp://guest:guest@127.0.0.1:<port>`, without a path. */
  readonly amqp: string
  readonly amqps: string | null
  /** Base address of the management API, without credentials. */
  readonly management: string
  /** SIGKILL ends it at once, SIGSTOP freezes it, SIGCONT thaws it. */
  kill(signal: NodeJS.Signals): void
  stop(): Promise<void>
  /** Starts it again on the same ports with the same data, after `stop` or `kill`. */
  restart(): Promise<void>
  /** rabbitmqctl. */
  ctl(...args: string[]): Promise<string>
  /** One call of the management API; JSON or null. */
  api(method: string, path: string, body?: unknown): Promise<unknown>
}

const PLUGINS = [
  'rabbitmq_management',
  'rabbitmq_shovel',
  'rabbitmq_shovel_management',
  'rabbitmq_federation',
  'rabbitmq_federation_management',
  'rabbitmq_consistent_hash_exchange',
]

/** A private broker with its own data, cookie and epmd. Dispose it, or it outlives the test. */
export async function startRabbitmq(options: RabbitmqOptions): Promise<Rabbitmq> {
  const root = options.major === 4 ? await installRabbitmq4() : ''
  if (options.major === 3) await installRabbitmq3()
  if (root !== '') await mountProc(root)
  const base = await freePorts(5)
  const inside = root === '' ? join(LAB, 'run', `rabbitmq-3-${base}`) : `/lab/rabbitmq-4-${base}`
  const outside = root + inside
  rmSync(outside, {recursive: true, force: true})
  mkdirSync(join(outside, 'log'), {recursive: true})
  mkdirSync(join(outside, 'mnesia'))
  writeFileSync(join(outside, '.erlang.cookie'), 'labcookie', {mode: 0o400})
  const ports = {amqp: base, management: base + 1, amqps: options.tls ? base + 2 : null}
  writeFileSync(join(outside, 'rabbitmq.conf'), configuration(options, ports, {inside, outside}))
  // Quorum queues tell their numbers once per tick: every second instead of every five.
  const rabbit = ['{quorum_tick_interval, 1000}', ...(options.rabbit ?? [])]
  writeFileSync(join(outside, 'advanced.config'), `[{rabbit, [${rabbit.join(', ')}]}].\n`)
  writeFileSync(join(outside, 'enabled_plugins'), `[${(options.plugins ?? PLUGINS).join(',')}].\n`)
  const record = {major: options.major, group: 0, ports, epmd: base + 4, inside, outside, root}
  writeFileSync(join(outside, 'dist'), String(base + 3))
  return attachRabbitmq({...record, group: await launch(record)})
}

function configuration(
  options: RabbitmqOptions,
  ports: RabbitmqRecord['ports'],
  directory: {inside: string; outside: string},
): string {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    'loopback_users = none',
    'disk_free_limit.absolute = 200MB',
    'vm_memory_high_watermark.absolute = 1GB',
    // Statistics are read by tests: every second instead of every five.
    'collect_statistics_interval = 1000',
  ]
  if (options.tls) {
    for (const [name, file] of Object.entries(options.tls)) copyFileSync(file, join(directory.outside, name))
    lines.push(
      `listeners.ssl.1 = 127.0.0.1:${ports.amqps}`,
      `ssl_options.cacertfile = ${directory.inside}/caFile`,
      `ssl_options.certfile = ${directory.inside}/certFile`,
      `ssl_options.keyfile = ${directory.inside}/keyFile`,
    )
  }
  return `${[...lines, ...(options.conf ?? [])].join('\n')}\n`
}

function environment(record: RabbitmqRecord): Record<string, string> {
  const {inside} = record
  return {
    HOME: inside,
    RABBITMQ_NODENAME: 'a@localhost',
    RABBITMQ_MNESIA_BASE: `${inside}/mnesia`,
    RABBITMQ_LOG_BASE: `${inside}/log`,
    RABBITMQ_CONFIG_FILE: `${inside}/rabbitmq.conf`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${inside}/advanced.config`,
    // Named and absent, so that the system's own file is ignored.
    RABBITMQ_CONF_ENV_FILE: `${inside}/none`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${inside}/enabled_plugins`,
    RABBITMQ_FEATURE_FLAGS_FILE: `${inside}/feature_flags`,
    RABBITMQ_PID_FILE: `${inside}/pid`,
    RABBITMQ_DIST_PORT: readFileSync(join(record.outside, 'dist'), 'utf8'),
    ERL_EPMD_PORT: String(record.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    LANG: 'C.UTF-8',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  }
}

async function launch(record: RabbitmqRecord): Promise<number> {
  // In /usr/lib: the one in /usr/sbin switches user and expects the service.
  const command = ['/usr/lib/rabbitmq/bin/rabbitmq-server']
  const log = join(record.outside, 'log', 'console.log')
  const [file = '', ...args] = record.root === '' ? command : ['chroot', record.root, ...command]
  const service: Service = {
    file,
    args,
    env: {
      ...environment(record),
      // +sbwt none: idle schedulers must not eat the two cores that the tests share.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none',
    },
    cwd: '/',
    log,
  }
  const group = startService(service)
  registerForSweep({kind: 'rabbitmq', record: {...record, group}})
  const ready = await until(async () => {
    if (!isAlive(group)) throw new Error(`RabbitMQ ${record.major} ended while starting:\n${tail(log)}`)
    return answers(record)
  }, 90_000)
  if (ready) return group
  await stopGroup(group, 1000)
  throw new Error(`RabbitMQ ${record.major} was not ready after 90 s:\n${tail(log)}`)
}

/** An open port is too early: the API answers, and says that the AMQP listener is up. */
async function answers(record: RabbitmqRecord): Promise<boolean> {
  try {
    const response = await request(record, 'GET', '/api/health/checks/port-listener/' + record.ports.amqp)
    return response.ok
  } catch {
    return false
  }
}

function request(record: RabbitmqRecord, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${record.ports.management}${path}`, {
    method,
    headers: {authorization: `Basic ${btoa('guest:guest')}`, 'content-type': 'application/json'},
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
}

/** The broker that a record describes, whoever started it. */
export function attachRabbitmq(started: RabbitmqRecord): Rabbitmq {
  let record = started
  const {ports} = record
  const stop = async () => {
    await stopGroup(record.group)
    await tool(record, 'epmd', ['-port', String(record.epmd), '-kill']).catch(() => '')
  }
  return {
    get record() {
      return record
    },
    major: record.major,
    port: ports.amqp,
    user: 'guest',
    password: 'guest',
    amqp: `amqp://guest:guest@127.0.0.1:${ports.amqp}`,
    amqps: ports.amqps === null ? null : `amqps://guest:guest@localhost:${ports.amqps}`,
    management: `http://127.0.0.1:${ports.management}`,
    kill: (signal) => signalGroup(record.group, signal),
    stop,
    async restart() {
      if (isAlive(record.group)) await stopGroup(record.group)
      record = {...record, group: await launch(record)}
    },
    ctl: (...args) => tool(record, '/usr/lib/rabbitmq/bin/rabbitmqctl', ['-q', ...args]),
    api: (method, path, body) => call(record, method, path, body),
    async [Symbol.asyncDispose]() {
      // Disposed before: by the test, and again by the sweep.
      if (!existsSync(record.outside)) return
      // Without it the folder was half removed, by a run that was killed while it cleaned up: nothing runs there.
      if (existsSync(join(record.outside, 'dist'))) await stop()
      rmSync(record.outside, {recursive: true, force: true})
    },
  }
}

function tool(record: RabbitmqRecord, file: string, args: string[]): Promise<string> {
  const command = record.root === '' ? [file, ...args] : ['chroot', record.root, file, ...args]
  const [program = '', ...rest] = command
  return run(program, rest, environment(record))
}

async function call(record: RabbitmqRecord, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await request(record, method, path, body)
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}
