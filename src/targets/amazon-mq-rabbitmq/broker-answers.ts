import {z} from 'zod'

import type {ManagementApi} from '../../protocols/management.ts'
import {Answers} from './answers.ts'

const WhoAmI = z.object({tags: z.union([z.string(), z.array(z.string())])})
const QueueNames = z.array(z.object({name: z.string()}))
const Overview = z.object({cluster_name: z.string().optional()})

/** What every move and every queue wants to know, and the API is asked for once. Undefined = it did not say. */
export class BrokerAnswers {
  readonly #api: (signal: AbortSignal) => Promise<ManagementApi>
  readonly #impersonates = new Answers<boolean>()
  readonly #queueNames = new Answers<ReadonlySet<string>>()
  readonly #clusterName = new Answers<string>()

  constructor(api: (signal: AbortSignal) => Promise<ManagementApi>) {
    this.#api = api
  }

  /** Whether our user may write messages in another user's name. */
  impersonates(signal: AbortSignal): Promise<boolean | undefined> {
    const ask = async (stop: AbortSignal): Promise<boolean | undefined> => {
      const {data: me} = WhoAmI.safeParse(await this.#body(['whoami'], {}, stop))
      return me && splitTags(me.tags).includes('impersonator')
    }
    return this.#impersonates.once('', ask, signal)
  }

  queueNames(vhost: string, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    const ask = async (stop: AbortSignal): Promise<ReadonlySet<string> | undefined> => {
      const query = {columns: 'name', disable_stats: 'true'}
      const {data: queues} = QueueNames.safeParse(await this.#body(['queues', vhost], query, stop))
      return queues && new Set(queues.map(({name}) => name))
    }
    return this.#queueNames.once(vhost, ask, signal)
  }

  clusterName(signal: AbortSignal): Promise<string | undefined> {
    const ask = async (stop: AbortSignal): Promise<string | undefined> =>
      Overview.safeParse(await this.#body(['overview'], {}, stop)).data?.cluster_name
    return this.#clusterName.once('', ask, signal)
  }

  async #body(
    segments: readonly string[],
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const api = await this.#api(signal)
    const answer = await api.get(segments, query, signal)
    return answer.ok ? answer.body : undefined
  }
}

const splitTags = (tags: string | readonly string[]): readonly string[] =>
  typeof tags === 'string' ? tags.split(',') : tags
