import {z} from 'zod'

import {MqliftError} from '../../errors.ts'
import type {Answer, ManagementApi} from '../../protocols/management.ts'
import {DefinedBinding, DefinedExchange, DefinedPolicy, DefinedQueue} from './steps.ts'

/** An empty table arrives as `[]`. */
const table = z.preprocess(
  (value) => (Array.isArray(value) && value.length === 0 ? {} : (value ?? {})),
  z.record(z.string(), z.unknown()),
)
const words = z.union([z.array(z.string()), z.string().transform((text) => text.split(',').filter(Boolean))])

const Overview = z.object({rabbitmq_version: z.string().optional(), cluster_name: z.string().optional()})
const Vhost = z.object({name: z.string()})
const User = z.object({name: z.string(), tags: words.catch([])})
const Permission = z.object({
  user: z.string(),
  vhost: z.string(),
  configure: z.string(),
  write: z.string(),
  read: z.string(),
})
const Parameter = z.object({component: z.string(), name: z.string(), vhost: z.string(), value: z.unknown()})
const Queue = DefinedQueue.extend({arguments: table, type: z.string().optional()})
const Exchange = DefinedExchange.extend({arguments: table})
const Binding = DefinedBinding.extend({arguments: table})
const Policy = DefinedPolicy.extend({definition: table})

export type FoundQueue = z.infer<typeof Queue>
export type FoundPolicy = z.infer<typeof Policy>

/** What a broker has, as its management API tells it now. */
export interface BrokerState {
  readonly version: string
  readonly clusterName: string | undefined
  readonly vhosts: readonly z.infer<typeof Vhost>[]
  readonly users: readonly z.infer<typeof User>[]
  readonly permissions: readonly z.infer<typeof Permission>[]
  readonly parameters: readonly z.infer<typeof Parameter>[]
  readonly exchanges: readonly z.infer<typeof Exchange>[]
  readonly queues: readonly FoundQueue[]
  readonly bindings: readonly z.infer<typeof Binding>[]
  readonly policies: readonly FoundPolicy[]
  readonly operatorPolicies: readonly FoundPolicy[]
}

const QUEUE_COLUMNS = 'name,vhost,durable,auto_delete,arguments,type'

/** Needs an administrator, as making these objects does. Throws `refused` when a list may not be read. */
export async function readBroker(api: ManagementApi, signal: AbortSignal): Promise<BrokerState> {
  const list = async <T extends z.ZodType>(schema: T, name: string, query = {}): Promise<z.infer<T>[]> => {
    const answer = await api.get([name], query, signal)
    if (!answer.ok) throw mayNotRead(api, answer)
    return z.array(schema).parse(answer.body)
  }
  const overview = await api.get(['overview'], {}, signal)
  if (!overview.ok) throw mayNotRead(api, overview)
  const {rabbitmq_version: version = '', cluster_name: clusterName} = Overview.parse(overview.body)
  return {
    version,
    clusterName,
    vhosts: await list(Vhost, 'vhosts', {columns: 'name'}),
    users: await list(User, 'users'),
    permissions: await list(Permission, 'permissions'),
    parameters: await list(Parameter, 'parameters'),
    exchanges: await list(Exchange, 'exchanges', {disable_stats: 'true'}),
    queues: await list(Queue, 'queues', {columns: QUEUE_COLUMNS, disable_stats: 'true'}),
    bindings: await list(Binding, 'bindings'),
    policies: await list(Policy, 'policies'),
    operatorPolicies: await list(Policy, 'operator-policies'),
  }
}

function mayNotRead(api: ManagementApi, {endpoint, reason}: Extract<Answer, {ok: false}>): MqliftError {
  return new MqliftError('refused', `${api.address} does not answer ${endpoint}: ${reason}`, {
    reason: 'not-permitted',
    suggestions: [
      `give ${api.user} the tag administrator at the target, or name such a user in mqlift.yaml`,
      'on Amazon MQ that is the user who was created with the broker',
    ],
  })
}
