import type {SizeLimit, SizeLimits} from '../../facts/amazon-mq-sizes.ts'
import {RABBITMQ_SIZES} from '../../facts/amazon-mq-sizes.ts'
import {AMAZON_MQ} from '../../facts/amazon-mq.ts'
import type {PlannedBroker} from './broker.ts'

/** What the broker will have to hold. Null = nobody could see it. */
export interface Load {
  readonly connections: number | null
  readonly queues: number
  readonly vhosts: number
  readonly shovels: number | null
  readonly exchanges: number
  /** Of the queues that come along. */
  readonly backlogBytes: number | null
  /** Messages of the fullest queue of vhost `/` that no policy of ours rules. */
  readonly deepest: {readonly queue: string; readonly messages: number} | null
}

/** One figure that is above a limit. */
export interface Exceeded {
  readonly what: SizeLimit | 'disk' | 'max-length'
  readonly needed: number
  readonly limit: number
  /** Key of the broker's configuration, or the parameter of the API, that raises it; null = nothing does. */
  readonly key: string | null
  readonly unit: string
  readonly source: string
}

export interface Fit {
  readonly instance: string
  /** Above what the instance can be raised to. Empty = it holds. */
  readonly over: readonly Exceeded[]
  /** Above what it has when created: each must be raised first. */
  readonly raise: readonly Exceeded[]
}

type Place = Pick<PlannedBroker, 'version' | 'deployment'>

const GB = 1_000_000_000
const GIB = 2 ** 30
/** mq.m7g.medium is for evaluation (AWS, rmq-broker-instance-types, read autumn 2026). */
const EVALUATION = 'mq.m7g.medium'

const smallest = (): string[] =>
  Object.keys(RABBITMQ_SIZES.most.value.single).filter(
    (type) => type.startsWith('mq.m7g.') && type !== EVALUATION,
  )

/** The smallest instance that holds the load; the largest there is, with what it lacks, when none does. */
export function smallestFor(load: Load, place: Place): Fit {
  const fits = smallest().map((instance) => fitOf(instance, load, place))
  const holding = fits.find(({over}) => over.length === 0)
  const [largest] = fits.toReversed()
  if (largest === undefined) throw new Error('there are no instance types')
  return holding ?? largest
}

export function fitOf(instance: string, load: Load, place: Place): Fit {
  const most = RABBITMQ_SIZES.most.value[place.deployment][instance]
  const standard = standardOf(instance, place) ?? most
  if (most === undefined || standard === undefined)
    throw new Error(`${instance} is no size of ${place.deployment}`)
  const disk = diskOf(instance, load, place)
  const counted = countedFor(load, place)
  const over = above(counted, most, RABBITMQ_SIZES.most)
  const never = new Set(over.map(({what}) => what))
  return {
    instance,
    over: [...over, ...disk.over, ...maxLengthOf(instance, load, place)],
    raise: [
      ...above(counted, standard, RABBITMQ_SIZES.standard).filter(({what}) => !never.has(what)),
      ...disk.raise,
    ],
  }
}

/** 3.13 runs at the maximum. */
function standardOf(instance: string, {version, deployment}: Place): SizeLimits | undefined {
  if (version === '3.13') return undefined
  const standard: Readonly<Record<string, SizeLimits>> = RABBITMQ_SIZES.standard.value[deployment]
  return standard[instance]
}

const COUNTED = ['connections', 'queues', 'vhosts', 'shovels', 'exchanges'] as const
type Counted = Pick<Load, (typeof COUNTED)[number]>

/** Connections count per node. Two nodes of a cluster carry them all while AWS restarts the third. */
function countedFor(load: Load, {deployment}: Place): Counted {
  const {connections} = load
  if (deployment === 'single' || connections === null) return load
  return {...load, connections: Math.ceil(connections / (AMAZON_MQ.rabbitmqClusterNodes.value - 1))}
}

interface From {
  readonly url: string
  readonly read: string
}

function above(load: Counted, limits: SizeLimits, {url, read}: From): Exceeded[] {
  return COUNTED.flatMap((what) => {
    const needed = load[what]
    if (needed === null || needed <= limits[what]) return []
    const key = RABBITMQ_SIZES.keys.value[what]
    const unit = what === 'connections' ? 'connections per node' : what
    return [{what, needed, limit: limits[what], key, unit, source: `${url} (${read})`}]
  })
}

interface Disk {
  readonly over: readonly Exceeded[]
  readonly raise: readonly Exceeded[]
}

/** Every node of a cluster holds every message of a quorum queue; what must stay free is no room. */
function diskOf(instance: string, {backlogBytes}: Load, place: Place): Disk {
  if (backlogBytes === null) return {over: [], raise: []}
  const {standard, most} = gigabytes(instance, place)
  const free =
    (RABBITMQ_SIZES.diskFreeM5.value[instance] ?? RABBITMQ_SIZES.diskFree.value[place.deployment]) * GIB
  const {url, read} = RABBITMQ_SIZES.clusterDisk
  const exceeded = (size: number, key: string | null): Exceeded => ({
    what: 'disk',
    needed: backlogBytes,
    limit: Math.floor(size * GB - free),
    key,
    unit: 'bytes of backlog per node',
    source: `${url} (${read})`,
  })
  if (backlogBytes > most * GB - free) return {over: [exceeded(most, null)], raise: []}
  if (backlogBytes > standard * GB - free) return {over: [], raise: [exceeded(standard, 'StorageSize')]}
  return {over: [], raise: []}
}

/** StorageSize can be set on 4.2 and later only (AWS release notes, 2026-07-14). */
function gigabytes(instance: string, {version, deployment}: Place): {standard: number; most: number} {
  const single = RABBITMQ_SIZES.singleDisk.value
  if (deployment === 'single') return {standard: single, most: single}
  const size = RABBITMQ_SIZES.clusterDisk.value[instance]
  if (size === undefined) throw new Error(`the disk of ${instance} is not known`)
  return version === '3.13' ? {standard: size.standard, most: size.standard} : size
}

/** AWS's own policy refuses what is above it; publishers without confirms lose that silently. */
function maxLengthOf(instance: string, {deepest}: Load, {deployment}: Place): Exceeded[] {
  const limit = RABBITMQ_SIZES.clusterMaxLength.value[instance]
  if (deployment === 'single' || limit === undefined || deepest === null || deepest.messages <= limit)
    return []
  const {url, read} = RABBITMQ_SIZES.clusterMaxLength
  return [
    {
      what: 'max-length',
      needed: deepest.messages,
      limit,
      key: null,
      unit: `messages in ${deepest.queue}`,
      source: `${url} (${read})`,
    },
  ]
}

/** As created. */
export const messageBytes = ({version}: Pick<PlannedBroker, 'version'>): number =>
  version === '3.13' ? RABBITMQ_SIZES.messageBytes.value.most : AMAZON_MQ.rabbitmqDefaultMessageBytes.value
