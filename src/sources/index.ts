import {MqliftError} from '../errors.ts'
import type {Probe} from '../model/doctor.ts'
import type {Tap} from '../model/plan.ts'
import {
  type BrokerAddress,
  isLoopback,
  parseAddress,
  redactUrl,
  schemeOf,
} from '../protocols/broker-address.ts'
import type {BrokerOptions} from '../protocols/broker-options.ts'
import type {ShovelHost} from './shovels.ts'
import type {Source} from './source.ts'

type Open = (address: string, options: BrokerOptions) => Promise<Source>

/** A new broker is a folder and a line here. Loaded when needed: clients are slow to load. */
const BROKERS: Readonly<Record<string, () => Promise<Open>>> = {
  amqp: async () => (await import('./rabbitmq/index.ts')).open,
  amqps: async () => (await import('./rabbitmq/index.ts')).open,
}

/** Opens one broker, or export files, which are merged into one estate and recognised by their content. */
export async function openSource(addresses: readonly string[], options: BrokerOptions): Promise<Source> {
  const [first, ...others] = addresses
  if (first === undefined)
    throw new MqliftError('usage', 'No broker and no file to inspect', {
      suggestions: ['mqlift inspect amqps://user@host/', 'mqlift inspect definitions.json'],
    })
  const schemes = addresses.map(schemeOf)
  if (schemes.every((scheme) => scheme === undefined)) {
    const {openFiles} = await import('./rabbitmq/offline.ts')
    return openFiles(addresses, options)
  }
  if (others.length > 0)
    throw new MqliftError('usage', 'One broker at a time, and no files beside it', {
      suggestions: [`mqlift inspect ${redactUrl(addresses[schemes.findIndex(Boolean)] ?? first)}`],
    })
  const load = BROKERS[schemes[0] ?? '']
  if (load) return (await load())(first, options)
  // Names what to do instead, for brokers known by name.
  parseAddress(first)
  throw new MqliftError('usage', `${redactUrl(first)} cannot be opened`)
}

type Examine = (
  address: BrokerAddress,
  options: BrokerOptions,
  now: () => number,
  taps: readonly Tap[],
) => Promise<Probe[]>

const EXAMINED: Readonly<Record<string, () => Promise<Examine>>> = {
  amqp: async () => (await import('./rabbitmq/probes.ts')).rabbitmqProbes,
  amqps: async () => (await import('./rabbitmq/probes.ts')).rabbitmqProbes,
}

/** What `doctor` asks of a broker, also for the taps of a plan. Nothing is contacted before a probe is run. */
export async function sourceProbes(
  address: string,
  options: BrokerOptions,
  now: () => number,
  taps: readonly Tap[],
): Promise<Probe[]> {
  const load = EXAMINED[schemeOf(address) ?? '']
  const parsed = parseAddress(address)
  return load === undefined ? [] : (await load())(parsed, options, now, taps)
}

type NameOfCluster = (
  address: BrokerAddress,
  options: BrokerOptions,
  signal: AbortSignal,
) => Promise<string | null>

const NAMED: Readonly<Record<string, () => Promise<NameOfCluster>>> = {
  amqp: async () => (await import('./rabbitmq/cluster.ts')).clusterName,
  amqps: async () => (await import('./rabbitmq/cluster.ts')).clusterName,
}

/** What the broker at an address calls its cluster; null = it does not say. */
export async function clusterNameOf(
  address: string,
  options: BrokerOptions,
  signal: AbortSignal,
): Promise<string | null> {
  const load = NAMED[schemeOf(address) ?? '']
  return load === undefined ? null : (await load())(parseAddress(address), options, signal)
}

/** A broker that can run shovels; only RabbitMQ does. */
export async function openShovelHost(address: string, options: BrokerOptions): Promise<ShovelHost> {
  parseAddress(address, options.words)
  return (await import('./rabbitmq/shovels.ts')).openShovelHost(address, options)
}

/** Addresses of both ends of a shovel, for the broker that runs it: its own, and one per host of the other. */
export {assertTellable, type FarEnd, farUris, ownUri} from './rabbitmq/shovel-uri.ts'
export type {Shovel, ShovelHost, ShovelName} from './shovels.ts'

/** Whether two addresses name one broker: they share a host and its port. */
export function sharesHost(one: string, other: string): boolean {
  const known = new Set(hostsOf(one))
  return hostsOf(other).some((host) => known.has(host))
}

const hostsOf = (address: string): string[] =>
  parseAddress(address).hosts.map(({host, port}) => `${host.toLowerCase()}:${port}`)

/** Whether a broker's address means this machine. */
export function isLocal(address: string): boolean {
  return parseAddress(address).hosts.every(({host}) => isLoopback(host))
}
