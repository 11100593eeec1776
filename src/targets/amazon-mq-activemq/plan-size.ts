import {MqliftError} from '../../errors.ts'
import {AMAZON_MQ_ACTIVEMQ, type ActivemqInstance} from '../../facts/amazon-mq-activemq.ts'
import {valueOf} from '../../model/facts.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, ask} from '../plan-draft.ts'
import type {PlannedQueue} from './plan-queues.ts'
import type {ActivemqConfigurationSettings} from './steps.ts'

type Size = Pick<ActivemqConfigurationSettings, 'version' | 'instance' | 'deployment' | 'storage'>

const GIGABYTE = 10 ** 9
/** The smallest that is not for evaluation. */
const SMALLEST: ActivemqInstance = 'mq.m5.large'

/** What to order, and what does not fit into it. */
export function sizeOf(draft: Draft, queues: readonly PlannedQueue[]): Size {
  const said = draft.context.config.brokers['amazon-mq-activemq'] ?? {}
  const version = said.version ?? AMAZON_MQ_ACTIVEMQ.versions.value[0]
  const {deployment = 'active-standby', instance = SMALLEST} = said
  if (!AMAZON_MQ_ACTIVEMQ.versions.value.some((each) => each === version))
    throw unusable('version', version, AMAZON_MQ_ACTIVEMQ.versions.value)
  if (!isInstance(instance))
    throw unusable('instance', instance, Object.keys(AMAZON_MQ_ACTIVEMQ.instances.value))
  if (deployment === 'cluster') throw unusable('deployment', deployment, ['single', 'active-standby'])
  // EBS only for a single broker of mq.m5 (aws-targets.md E2).
  const storage = deployment === 'single' && instance !== 'mq.t3.micro' ? 'EBS' : 'EFS'
  const size: Size = {version, instance, deployment, storage}
  checkStorage(draft, queues, instance)
  checkConnections(draft, instance)
  checkRate(draft, queues, storage)
  return size
}

const isInstance = (name: string): name is ActivemqInstance =>
  Object.hasOwn(AMAZON_MQ_ACTIVEMQ.instances.value, name)

const unusable = (field: string, value: string, allowed: readonly string[]): MqliftError =>
  new MqliftError('input', `Amazon MQ for ActiveMQ has no ${field} ${value}`, {
    suggestions: [`brokers: amazon-mq-activemq: ${field}: one of ${allowed.join(', ')}, in mqlift.yaml`],
  })

function checkStorage(draft: Draft, queues: readonly PlannedQueue[], instance: ActivemqInstance): void {
  const {destinations = {}} = draft.context.observation ?? {}
  const bytes = queues.reduce((sum, {id}) => sum + (valueOf(destinations[id]?.bytes) ?? 0), 0)
  const {storage} = AMAZON_MQ_ACTIVEMQ.instances.value[instance]
  if (bytes < storage * GIGABYTE) return
  ask(draft, {
    rule: 'activemq-storage',
    subject: 'broker',
    question: `${Math.ceil(bytes / GIGABYTE)} GB wait in the queues, and ${instance} stores ${storage} GB: will consumers drain the target while it is filled?`,
    choices: ['consumers-drain-it'],
    who: 'owner of the consumers',
  })
}

function checkConnections(draft: Draft, instance: ActivemqInstance): void {
  const clients = draft.context.inventory.clients ?? []
  const open = clients.reduce((sum, {connections}) => sum + connections, 0)
  const {connections} = AMAZON_MQ_ACTIVEMQ.instances.value[instance]
  if (open <= connections) return
  ask(draft, {
    rule: 'activemq-connections',
    subject: 'broker',
    question: `${open} connections are open today, and ${instance} takes ${connections} for each protocol: how will there be fewer?`,
    choices: [],
    who: 'owners of the applications',
  })
}

function checkRate(draft: Draft, queues: readonly PlannedQueue[], storage: 'EFS' | 'EBS'): void {
  const {destinations = {}} = draft.context.observation ?? {}
  const most = AMAZON_MQ_ACTIVEMQ.perProducer.value[storage]
  for (const {id} of queues) {
    const rate = valueOf(destinations[id]?.publishRate) ?? 0
    if (rate <= most) continue
    addChange(draft, {
      subject: id,
      field: 'publishers',
      change: 'mapped',
      from: `${Math.round(rate)} messages/s are published`,
      to: `one producer gets about ${most}/s of persistent 1 kB messages through ${storage}: use several, or transactions`,
      undo: 'none needed',
    })
  }
}
