import {readAt} from './dated.ts'

const DOCS = 'https://docs.aws.amazon.com/amazon-mq/latest/developer-guide'
const page = (name: string) => readAt(`${DOCS}/${name}.html`, 'autumn 2026')

/** What one broker may hold. Connections, channels and shovels count per node. */
export interface SizeLimits {
  readonly connections: number
  readonly channels: number
  readonly consumersPerChannel: number
  readonly queues: number
  readonly vhosts: number
  readonly shovels: number
  readonly exchanges: number
}

export type SizeLimit = keyof SizeLimits
type Sizes = Readonly<Record<string, SizeLimits>>

/** In the order of the columns on AWS's pages. */
type Row = readonly [
  connections: number,
  channels: number,
  consumersPerChannel: number,
  queues: number,
  vhosts: number,
  shovels: number,
  exchanges: number,
]
const limits = (...row: Row): SizeLimits => {
  const [connections, channels, consumersPerChannel, queues, vhosts, shovels, exchanges] = row
  return {connections, channels, consumersPerChannel, queues, vhosts, shovels, exchanges}
}

const DEFAULT_SINGLE: Sizes = {
  'mq.m7g.medium': limits(100, 500, 10, 500, 10, 30, 500),
  'mq.m7g.large': limits(1500, 4500, 10, 1000, 50, 50, 1000),
  'mq.m7g.xlarge': limits(3000, 9000, 10, 2000, 100, 100, 2000),
  'mq.m7g.2xlarge': limits(6000, 18_000, 10, 4000, 150, 200, 4000),
  'mq.m7g.4xlarge': limits(12_000, 36_000, 10, 8000, 200, 400, 8000),
  'mq.m7g.8xlarge': limits(24_000, 72_000, 10, 16_000, 250, 800, 16_000),
  'mq.m7g.12xlarge': limits(36_000, 108_000, 10, 24_000, 300, 1200, 24_000),
  'mq.m7g.16xlarge': limits(48_000, 144_000, 10, 32_000, 350, 1600, 32_000),
}

const DEFAULT_CLUSTER: Sizes = {
  'mq.m7g.medium': limits(100, 300, 10, 100, 10, 10, 100),
  'mq.m7g.large': limits(500, 1500, 10, 1000, 50, 30, 1000),
  'mq.m7g.xlarge': limits(1000, 3000, 10, 2000, 100, 60, 2000),
  'mq.m7g.2xlarge': limits(2000, 6000, 10, 4000, 150, 120, 4000),
  'mq.m7g.4xlarge': limits(4000, 12_000, 10, 8000, 200, 240, 8000),
  'mq.m7g.8xlarge': limits(8000, 24_000, 10, 16_000, 250, 480, 16_000),
  'mq.m7g.12xlarge': limits(12_000, 36_000, 10, 24_000, 300, 720, 24_000),
  'mq.m7g.16xlarge': limits(16_000, 48_000, 10, 32_000, 350, 960, 32_000),
}

const MOST_SINGLE: Sizes = {
  'mq.m7g.medium': limits(300, 900, 1000, 2500, 10, 150, 12_500),
  'mq.m7g.large': limits(5000, 15_000, 1000, 20_000, 1500, 250, 100_000),
  'mq.m7g.xlarge': limits(10_000, 30_000, 1000, 30_000, 1500, 500, 150_000),
  'mq.m7g.2xlarge': limits(20_000, 60_000, 1000, 40_000, 1500, 1000, 200_000),
  'mq.m7g.4xlarge': limits(40_000, 120_000, 1000, 60_000, 1500, 2000, 300_000),
  'mq.m7g.8xlarge': limits(80_000, 240_000, 1000, 80_000, 1500, 4000, 400_000),
  'mq.m7g.12xlarge': limits(120_000, 360_000, 1000, 100_000, 1500, 6000, 500_000),
  'mq.m7g.16xlarge': limits(160_000, 480_000, 1000, 120_000, 1500, 8000, 600_000),
}

const MOST_CLUSTER: Sizes = {
  'mq.m7g.medium': limits(300, 900, 1000, 500, 10, 50, 500),
  'mq.m7g.large': limits(5000, 15_000, 1000, 10_000, 1500, 150, 50_000),
  'mq.m7g.xlarge': limits(10_000, 30_000, 1000, 15_000, 1500, 300, 75_000),
  'mq.m7g.2xlarge': limits(20_000, 60_000, 1000, 20_000, 1500, 600, 100_000),
  'mq.m7g.4xlarge': limits(40_000, 120_000, 1000, 30_000, 1500, 1200, 150_000),
  'mq.m7g.8xlarge': limits(80_000, 240_000, 1000, 40_000, 1500, 2400, 200_000),
  'mq.m7g.12xlarge': limits(120_000, 360_000, 1000, 50_000, 1500, 3600, 250_000),
  'mq.m7g.16xlarge': limits(160_000, 480_000, 1000, 60_000, 1500, 4800, 300_000),
}

/** The older family, 3.13 only. AWS gives no number where none is set here: vhosts on clusters, exchanges. */
const NO_LIMIT = Number.POSITIVE_INFINITY
const M5_SINGLE: Sizes = {
  'mq.m5.large': limits(5000, 15_000, 1000, 30_000, 1500, 250, NO_LIMIT),
  'mq.m5.xlarge': limits(10_000, 30_000, 1000, 60_000, 1500, 500, NO_LIMIT),
  'mq.m5.2xlarge': limits(20_000, 60_000, 1000, 120_000, 1500, 1000, NO_LIMIT),
  'mq.m5.4xlarge': limits(40_000, 120_000, 1000, 240_000, 1000, 2000, NO_LIMIT),
}
const M5_CLUSTER: Sizes = {
  'mq.m5.large': limits(5000, 15_000, 1000, 10_000, NO_LIMIT, 150, NO_LIMIT),
  'mq.m5.xlarge': limits(10_000, 30_000, 1000, 15_000, NO_LIMIT, 300, NO_LIMIT),
  'mq.m5.2xlarge': limits(20_000, 60_000, 1000, 20_000, NO_LIMIT, 600, NO_LIMIT),
  'mq.m5.4xlarge': limits(40_000, 120_000, 1000, 30_000, NO_LIMIT, 1200, NO_LIMIT),
}

const cluster = (standard: number, most: number) => ({standard, most})

const CLUSTER_DISK: Readonly<Record<string, {readonly standard: number; readonly most: number}>> = {
  'mq.m7g.medium': cluster(5, 25),
  'mq.m7g.large': cluster(15, 75),
  'mq.m7g.xlarge': cluster(25, 125),
  'mq.m7g.2xlarge': cluster(45, 180),
  'mq.m7g.4xlarge': cluster(90, 250),
  'mq.m7g.8xlarge': cluster(175, 400),
  'mq.m7g.12xlarge': cluster(260, 500),
  'mq.m7g.16xlarge': cluster(345, 500),
  'mq.m5.large': cluster(200, 200),
  'mq.m5.xlarge': cluster(200, 200),
  'mq.m5.2xlarge': cluster(200, 200),
  'mq.m5.4xlarge': cluster(200, 200),
}

const DISK_FREE_M5: Readonly<Record<string, number>> = {
  'mq.m5.large': 12,
  'mq.m5.xlarge': 20,
  'mq.m5.2xlarge': 36,
  'mq.m5.4xlarge': 69,
}

const CLUSTER_MAX_LENGTH: Readonly<Record<string, number>> = {
  'mq.m7g.medium': 500_000,
  'mq.m7g.large': 8_000_000,
  'mq.m7g.xlarge': 9_000_000,
  'mq.m7g.2xlarge': 10_000_000,
  'mq.m7g.4xlarge': 12_000_000,
  'mq.m7g.8xlarge': 20_000_000,
  'mq.m7g.12xlarge': 30_000_000,
  'mq.m7g.16xlarge': 40_000_000,
}

/** Sizes and limits of Amazon MQ for RabbitMQ, smallest first within a family. Evaluation sizes included. */
export const RABBITMQ_SIZES = {
  /** As created, on 4.x. */
  standard: page('rabbitmq-resource-limits-default')(
    {single: DEFAULT_SINGLE, cluster: DEFAULT_CLUSTER},
    {note: 'connections, queues and more of every size, as created'},
  ),
  /** What the configuration may raise them to. 3.13 runs at these values and cannot change them. */
  most: page('rabbitmq-resource-limits-maximum')(
    {single: {...MOST_SINGLE, ...M5_SINGLE}, cluster: {...MOST_CLUSTER, ...M5_CLUSTER}},
    {note: 'what these may be raised to; mq.m5 on clusters as read in April 2026'},
  ),
  /** Which key of the broker's configuration raises a limit. A value beyond the maximum is refused. */
  keys: page('rabbitmq-resource-limits-configuration')({
    connections: 'connection_max',
    channels: 'channel_max_per_node',
    consumersPerChannel: 'consumer_max_per_channel',
    queues: 'cluster_queue_limit',
    vhosts: 'vhost_max',
    shovels: 'runtime_parameters.limits.shovel',
    exchanges: 'cluster_exchange_limit',
  } satisfies Record<SizeLimit, string>),
  /** Key of the largest message, and what it may be raised to. As created: AMAZON_MQ.rabbitmqDefaultMessageBytes. */
  messageBytes: page('rabbitmq-resource-limits-maximum')({key: 'max_message_size', most: 134_217_728}),
  /** GB per node; up to `most` by StorageSize, in steps of 5, on 4.2 and later. */
  clusterDisk: page('rmq-broker-instance-types')(CLUSTER_DISK, {note: 'GB per node'}),
  singleDisk: page('rmq-broker-instance-types')(200, {note: 'GB'}),
  /** GiB that must stay free: less blocks every publisher. mq.m5 keeps more, see `diskFreeM5`. */
  diskFree: page('troubleshooting-action-required-codes-rabbitmq-disk-limit-alarm')(
    {single: 10, cluster: 2},
    {note: 'GiB'},
  ),
  diskFreeM5: page('troubleshooting-action-required-codes-rabbitmq-disk-limit-alarm')(DISK_FREE_M5, {
    note: 'GiB',
  }),
  /** AWS's own policy for quorum queues of clusters, on vhost `/` alone, with `overflow: reject-publish`. */
  clusterMaxLength: page('rabbitmq-defaults')(CLUSTER_MAX_LENGTH),
} as const
