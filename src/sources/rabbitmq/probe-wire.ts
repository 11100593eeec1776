import {failed, ok, type Diagnosis, type Probe, unknown, warning} from '../../model/doctor.ts'
import {visible} from '../../model/visible.ts'
import {type BrokerAddress, type Host, isLoopback} from '../../protocols/broker-address.ts'
import {explainTlsError, type NodeTlsOptions, peerCertificate} from '../../protocols/tls.ts'
import {recognise, type Wire} from './wire.ts'

interface WireOptions {
  readonly address: BrokerAddress
  readonly tls: NodeTlsOptions
  readonly now: () => number
}

const DAY_MS = 86_400_000
/** A certificate that ends during a migration stops it; a month is the usual notice for a new one. */
const WARN_DAYS = 30

/** What can be learnt before anybody signs in: does it answer, in which protocol, with which certificate. */
export function wireProbes(options: WireOptions): Probe[] {
  const {address} = options
  return [
    {
      id: 'source.protocol',
      question: 'Does the broker answer, and in AMQP 0-9-1?',
      needs: [],
      run: (signal) => protocol(options, signal),
    },
    {
      id: 'source.tls',
      question: 'Is the connection to the broker encrypted, and is its certificate good?',
      needs: ['source.protocol'],
      run: async (signal) =>
        address.tls
          ? worst(await each(address.hosts, (host) => certificate(host, options, signal)))
          : unencrypted(address),
    },
  ]
}

/** The diagnosis of an https management endpoint. */
export function certificateProbe(id: string, question: string, url: URL, options: WireOptions): Probe {
  const host = {host: url.hostname.replaceAll(/^\[|\]$/g, ''), port: Number(url.port || 443)}
  return {id, question, needs: [], run: (signal) => certificate(host, options, signal)}
}

async function protocol({address, tls}: WireOptions, signal: AbortSignal): Promise<Diagnosis> {
  const options = address.tls ? {...tls, rejectUnauthorized: false} : undefined
  return worst(
    await each(address.hosts, async (host) => {
      try {
        return judge(host, await recognise(host, options, signal), address)
      } catch (error) {
        if (signal.aborted) throw error
        return unreachable(host, error)
      }
    }),
  )
}

const PLACES: Readonly<Record<Exclude<Wire['speaks'], 'amqp091'>, readonly [string, string]>> = {
  amqp1: ['speaks AMQP 1.0 only', 'RabbitMQ speaks AMQP 0-9-1 as well: is this another broker?'],
  'amqp-other': ['speaks another version of AMQP', 'Check that this is a RabbitMQ'],
  tls: ['wants TLS', 'Write amqps:// instead of amqp://'],
  http: ['speaks HTTP', 'The management address goes to --management; AMQP is usually 5672 or 5671'],
  stomp: ['speaks STOMP', 'AMQP is usually on port 5672 or 5671'],
  mqtt: ['speaks MQTT', 'AMQP is usually on port 5672 or 5671'],
  openwire: ['speaks OpenWire: an ActiveMQ', 'ActiveMQ is not supported by this version'],
  silence: ['does not answer an AMQP greeting', 'AMQP is usually on port 5672, with TLS 5671'],
  unknown: ['speaks no protocol that mqlift knows', 'AMQP is usually on port 5672, with TLS 5671'],
}

/** Read against 3.10.8 and 4.0.5; the recorded answers of other versions are in fixtures/rabbitmq. */
const RUN_AGAINST = ['3.10', '4.0']

function judge(host: Host, wire: Wire, {scheme}: BrokerAddress): Diagnosis {
  const where = `${host.host}:${host.port}`
  if (wire.speaks !== 'amqp091') {
    const [what, fix] = PLACES[wire.speaks]
    return failed(`${where} ${what}`, scheme === 'amqps' && wire.speaks === 'tls' ? 'Check the port' : fix)
  }
  const said = `${where} is ${visible(wire.product)} ${visible(wire.version)}, cluster ${visible(wire.cluster)}`
  if (wire.product !== 'RabbitMQ') return warning(said, 'mqlift was run against RabbitMQ only')
  const minor = /^\d+\.\d+/.exec(wire.version)?.[0] ?? ''
  return RUN_AGAINST.includes(minor)
    ? ok(said)
    : ok(`${said}; mqlift was run against ${RUN_AGAINST.join(' and ')}`)
}

function unencrypted({hosts, display}: BrokerAddress): Diagnosis {
  if (hosts.every(({host}) => isLoopback(host))) return ok('not encrypted, but on this machine')
  return warning('not encrypted', `Use ${display.replace(/^amqp:/, 'amqps:')}`)
}

async function certificate(host: Host, {tls, now}: WireOptions, signal: AbortSignal): Promise<Diagnosis> {
  const where = `${host.host}:${host.port}`
  try {
    const {subject, issuer, validTo, protocol: version, problem} = await peerCertificate(host, tls, signal)
    const days = Math.floor((Date.parse(validTo) - now()) / DAY_MS)
    const said = `${where}: ${version}, ${visible(subject)} signed by ${visible(issuer)}, ${days} days left`
    if (problem !== undefined) return untrusted(said, problem)
    return days < WARN_DAYS ? warning(said, 'Have the certificate renewed before the migration') : ok(said)
  } catch (error) {
    if (signal.aborted) throw error
    return unreachable(host, error)
  }
}

function untrusted(said: string, problem: string): Diagnosis {
  const explained = explainTlsError(problem)
  return failed(
    `${said}; ${explained?.why ?? problem}`,
    explained?.suggestion ?? 'Give the CA with --ca-file',
  )
}

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the name server did not answer',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
}

function unreachable({host, port}: Host, error: unknown): Diagnosis {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const tls = explainTlsError(code)
  if (tls) return failed(`${host}:${port}: ${tls.why}`, tls.suggestion)
  const why = WHY[code] ?? `no connection (${code || 'unknown reason'})`
  return failed(
    `${host}:${port}: ${why}`,
    'Check host and port, and that a firewall lets this machine through',
  )
}

async function each(hosts: readonly Host[], ask: (host: Host) => Promise<Diagnosis>): Promise<Diagnosis[]> {
  return Promise.all(hosts.map(ask))
}

const ORDER = ['ok', 'skipped', 'unknown', 'warning', 'failed'] as const

/** Of several nodes: the worst one decides, all of them are named. */
function worst(found: readonly Diagnosis[]): Diagnosis {
  const [first] = found.toSorted((one, other) => ORDER.indexOf(other.outcome) - ORDER.indexOf(one.outcome))
  if (first === undefined) return unknown('the address names no host')
  return {...first, evidence: found.map(({evidence}) => evidence).join('; ')}
}
