import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {installActivemq} from './install-activemq.ts'
import {
  freePorts,
  isAlive,
  isStopped,
  LAB,
  run,
  signalGroup,
  startService,
  stopGroup,
  tail,
  until,
} from './lab.ts'
import {registerForSweep} from './registry.ts'

/** The newest 5.x whose whole distribution could be resolved; Amazon MQ runs 5.18 and 5.19 (read 2026-11-24). */
export const ACTIVEMQ = '5.18.3'

export interface ActivemqOptions {
  /** PEM files; adds a TLS listener, without them `amqps` is null. */
  readonly tls?: {readonly certFile: string; readonly keyFile: string}
  /** Elements inside `<broker>` instead of a statistics plugin and a memory limit. */
  readonly inside?: string
  /** Attributes of `<broker>`. */
  readonly attributes?: string
  /** Of the broker's queues together, for example `2 mb`: above it producers are blocked. */
  readonly memory?: string
  /**
   * How AMQP connectors turn messages into JMS ones. Shipped is `native`, which gives JMS consumers the bytes of the
   * whole AMQP message; default here: `jms`.
   */
  readonly transformer?: 'jms' | 'native'
  /** Refuses what it has no space for, instead of holding producers back. */
  readonly failIfFull?: boolean
  /** More users beside admin, `user: groups`; the password is `<user>-secret`. */
  readonly users?: Readonly<Record<string, string>>
}

/** Plain data, so that it can cross processes. */
export interface ActivemqRecord {
  readonly group: number
  readonly ports: {
    readonly openwire: number
    readonly amqp: number
    readonly amqps: number | null
    readonly jolokia: number
  }
  readonly home: string
  readonly directory: string
}

export interface Activemq extends AsyncDisposable {
  readonly record: ActivemqRecord
  readonly port: number
  readonly user: string
  readonly password: string
  /** `amqp://admin@127.0.0.1:<port>`, without a password. */
  readonly amqp: string
  readonly amqps: string | null
  readonly openwire: string
  /** Base address of Jolokia, without credentials. */
  readonly jolokia: string
  /** SIGKILL ends it at once, SIGSTOP freezes it, SIGCONT thaws it. */
  kill(signal: NodeJS.Signals): void
  /** After SIGSTOP: it really does nothing any more. */
  stopped(): Promise<void>
  stop(): Promise<void>
  /** Starts it again on the same ports with the same data, after `stop` or `kill`. */
  restart(): Promise<void>
  /** An attribute of the broker, or of a queue. Null = there is no such queue. */
  read(attribute: string, queue?: string): Promise<unknown>
  log(): string
}

/** A private ActiveMQ Classic with its own data, as distributed, users admin/admin. Dispose it. */
export async function startActivemq(options: ActivemqOptions = {}): Promise<Activemq> {
  const home = await installActivemq(ACTIVEMQ)
  const base = await freePorts(4)
  const directory = join(LAB, 'run', `activemq-${base}`)
  rmSync(directory, {recursive: true, force: true})
  mkdirSync(join(directory, 'conf'), {recursive: true})
  mkdirSync(join(directory, 'data'))
  const ports = {
    openwire: base,
    amqp: base + 1,
    amqps: options.tls ? base + 2 : null,
    jolokia: base + 3,
  }
  const record = {group: 0, ports, home, directory}
  await run('cp', ['-r', join(home, 'conf'), directory])
  await run('sed', [
    '-i',
    `s#<property name="port" value="8161"/>#<property name="port" value="${ports.jolokia}"/>#`,
    join(directory, 'conf/jetty.xml'),
  ])
  if (options.tls) await keystore(directory, options.tls)
  writeFileSync(join(directory, 'conf/activemq.xml'), configuration(record, options))
  return attachActivemq({...record, group: await launch(record)})
}

/** Java reads PKCS#12. */
async function keystore(
  directory: string,
  {certFile, keyFile}: {readonly certFile: string; readonly keyFile: string},
): Promise<void> {
  const out = ['-out', join(directory, 'conf/server.p12'), '-passout', 'pass:changeit']
  await run('openssl', ['pkcs12', '-export', '-in', certFile, '-inkey', keyFile, ...out])
}

function configuration({ports, directory}: ActivemqRecord, options: ActivemqOptions): string {
  const {amqps} = ports
  const limit = options.memory ? `limit="${options.memory}"` : 'percentOfJvmHeap="70"'
  const users = Object.entries(options.users ?? {}).map(
    ([name, groups]) =>
      `<authenticationUser username="${name}" password="${name}-secret" groups="${groups}"/>`,
  )
  const amqp = `wireFormat.maxFrameSize=104857600&amp;transport.transformer=${options.transformer ?? 'jms'}`
  const own = options.inside ?? '<plugins><statisticsBrokerPlugin/></plugins>'
  return `<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
 <broker xmlns="http://activemq.apache.org/schema/core" brokerName="lab" dataDirectory="${directory}/data" useShutdownHook="true" ${options.attributes ?? ''}>
  <managementContext><managementContext createConnector="false"/></managementContext>
  <persistenceAdapter><kahaDB directory="${directory}/data/kahadb"/></persistenceAdapter>
  ${amqps === null ? '' : `<sslContext><sslContext keyStore="file:${directory}/conf/server.p12" keyStorePassword="changeit" keyStoreType="PKCS12"/></sslContext>`}
  <systemUsage><systemUsage sendFailIfNoSpace="${options.failIfFull ?? false}"><memoryUsage><memoryUsage ${limit}/></memoryUsage><storeUsage><storeUsage limit="2 gb"/></storeUsage><tempUsage><tempUsage limit="1 gb"/></tempUsage></systemUsage></systemUsage>
  ${withUsers(own, users)}
  <transportConnectors>
   <transportConnector name="openwire" uri="tcp://127.0.0.1:${ports.openwire}?wireFormat.maxFrameSize=104857600"/>
   <transportConnector name="amqp" uri="amqp://127.0.0.1:${ports.amqp}?${amqp}"/>
   ${amqps === null ? '' : `<transportConnector name="amqps" uri="amqp+ssl://127.0.0.1:${amqps}?${amqp}"/>`}
  </transportConnectors>
 </broker>
 <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/><import resource="jetty.xml"/>
</beans>
`
}

/** Amazon MQ keeps its users outside the configuration, so the plugin for them is ours. First: it must run first. */
function withUsers(own: string, users: readonly string[]): string {
  const plugin = `<simpleAuthenticationPlugin anonymousAccessAllowed="false"><users><authenticationUser username="admin" password="admin" groups="admins,activemq-webconsole"/>${users.join('')}</users></simpleAuthenticationPlugin>`
  return own.includes('<plugins>')
    ? own.replace('<plugins>', `<plugins>${plugin}`)
    : `${own}<plugins>${plugin}</plugins>`
}

async function launch(record: ActivemqRecord): Promise<number> {
  const {directory, home} = record
  const log = join(directory, 'broker.log')
  const conf = join(directory, 'conf')
  const group = startService({
    file: '/usr/bin/java',
    args: [
      '-Xms64m',
      '-Xmx512m',
      '-Djava.net.preferIPv4Stack=true',
      `-Djava.io.tmpdir=${directory}/data`,
      `-Dactivemq.home=${home}`,
      `-Dactivemq.base=${directory}`,
      `-Dactivemq.conf=${conf}`,
      `-Dactivemq.data=${directory}/data`,
      '-Dhawtio.disableProxy=true',
      `-Djolokia.conf=file:${conf}/jolokia-access.xml`,
      `-Djava.security.auth.login.config=${conf}/login.config`,
      `-Dlog4j2.configurationFile=${conf}/log4j2.properties`,
      '--add-opens',
      'java.base/java.lang=ALL-UNNAMED',
      '--add-opens',
      'java.base/java.util=ALL-UNNAMED',
      '-jar',
      join(home, 'bin/activemq.jar'),
      'start',
      `xbean:file:${conf}/activemq.xml`,
    ],
    env: {PATH: '/usr/bin:/bin', LANG: 'C.UTF-8'},
    cwd: directory,
    log,
  })
  registerForSweep({kind: 'activemq', record: {...record, group}})
  const ready = await until(async () => {
    if (!isAlive(group)) throw new Error(`ActiveMQ ended while starting:\n${tail(log)}`)
    // Messaging ports open before Jolokia answers.
    return (await jolokia(record, 'BrokerVersion').catch(() => null)) !== null
  }, 90_000)
  if (ready) return group
  await stopGroup(group, 1000)
  throw new Error(`ActiveMQ was not ready after 90 s:\n${tail(log)}`)
}

async function jolokia(record: ActivemqRecord, attribute: string, queue?: string): Promise<unknown> {
  const destination =
    queue === undefined ? '' : `,destinationType=Queue,destinationName=${queue.replaceAll(/[:,'"]/g, '_')}`
  const mbean = `org.apache.activemq:type=Broker,brokerName=lab${destination}`
  const response = await fetch(`http://127.0.0.1:${record.ports.jolokia}/api/jolokia/`, {
    method: 'POST',
    body: JSON.stringify({type: 'read', mbean, attribute}),
    headers: {
      authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}`,
      origin: 'http://localhost',
      'content-type': 'application/json',
    },
  })
  const {status, value}: {status: number; value: unknown} = JSON.parse(await response.text())
  if (status === 404) return null
  if (status !== 200) throw new Error(`Jolokia: ${status}`)
  return value
}

export function attachActivemq(first: ActivemqRecord): Activemq {
  let record = first
  const {ports, directory} = record
  const stop = () => stopGroup(record.group, 10_000)
  return {
    get record() {
      return record
    },
    port: ports.amqp,
    user: 'admin',
    password: 'admin',
    amqp: `amqp://admin@127.0.0.1:${ports.amqp}`,
    amqps: ports.amqps === null ? null : `amqps://admin@localhost:${ports.amqps}`,
    openwire: `tcp://127.0.0.1:${ports.openwire}`,
    jolokia: `http://127.0.0.1:${ports.jolokia}/api/jolokia/`,
    kill: (signal) => signalGroup(record.group, signal),
    async stopped() {
      if (!(await until(() => isStopped(record.group), 5000))) throw new Error('it goes on')
    },
    stop,
    async restart() {
      if (isAlive(record.group)) await stopGroup(record.group)
      record = {...record, group: await launch(record)}
    },
    read: (attribute, queue) => jolokia(record, attribute, queue),
    log: () => tail(join(directory, 'broker.log')),
    async [Symbol.asyncDispose]() {
      if (!existsSync(directory)) return
      await stop()
      rmSync(directory, {recursive: true, force: true})
    },
  }
}
