import {MqliftError} from '../errors.ts'
import type {Probe} from '../model/doctor.ts'
import type {Platform} from '../model/platform.ts'
import type {CallerIdentity} from '../protocols/aws-identity.ts'
import type {QueueWriterOptions} from './amazon-mq-rabbitmq/open-writer.ts'
import type {AwsProbeOptions} from './probes.ts'
import type {BrokerEndpoint, ConnectOptions, Target, TargetPlatform} from './target.ts'

type Load = () => Promise<TargetPlatform>

const sqs: Load = async () => (await import('./sqs/index.ts')).platform
const sns: Load = async () => (await import('./sns/index.ts')).platform
const rabbitmq: Load = async () => (await import('./amazon-mq-rabbitmq/index.ts')).platform
const activemq: Load = async () => (await import('./amazon-mq-activemq/index.ts')).platform

/** Which folder plans and writes to a platform. A new target is a folder and a line here. */
const FOLDERS: Partial<Record<Platform, Load>> = {
  'sqs-standard': sqs,
  'sqs-fifo': sqs,
  'sns-sqs': sns,
  'amazon-mq-rabbitmq': rabbitmq,
  'amazon-mq-activemq': activemq,
}

/** Platforms that can be planned, applied and written to; the others are scored only. */
export function canMoveTo(platform: Platform): boolean {
  return platform in FOLDERS
}

export async function targetPlatform(platform: Platform): Promise<TargetPlatform> {
  const load = FOLDERS[platform]
  if (load) return load()
  throw new MqliftError('refused', `mqlift does not move to ${platform} yet`, {
    reason: 'platform-unsupported',
    suggestions: [
      `choose another platform under platforms: in mqlift.yaml: ${Object.keys(FOLDERS).join(', ')}`,
    ],
  })
}

/** Every folder once, for the plan stage. Connects to nothing. */
export async function targetPlatforms(): Promise<TargetPlatform[]> {
  return Promise.all([...new Set(Object.values(FOLDERS))].map((load) => load()))
}

/** One queue of any RabbitMQ, opened for sending without a plan: the way back writes to the old broker with it. */
export async function brokerTarget(
  options: QueueWriterOptions & {readonly endpoint: BrokerEndpoint},
  signal: AbortSignal,
): Promise<Target> {
  return (await import('./amazon-mq-rabbitmq/open-writer.ts')).openQueueWriter(options, signal)
}

/** Who AWS says we are, or the account an emulator stands for. */
export async function awsIdentity(options: ConnectOptions, signal: AbortSignal): Promise<CallerIdentity> {
  const {callerIdentity} = await import('../protocols/aws-identity.ts')
  return callerIdentity(options, signal)
}

/** What `doctor` asks of AWS. Nothing is contacted before a probe is run. */
export async function awsProbes(options: AwsProbeOptions): Promise<Probe[]> {
  return (await import('./probes.ts')).awsProbes(options)
}

/** AWS itself, also through a private endpoint. False = an emulator, whose yes is not durable (A1). */
export async function standsForAws(endpoint: string | null): Promise<boolean> {
  return (await import('../protocols/aws.ts')).isAws(endpoint ?? undefined)
}
