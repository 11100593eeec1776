import type {Drift, Resource} from '../../model/deployment.ts'
import type {Step} from '../../model/plan.ts'
import type {Place} from '../arn.ts'
import {readyAfter, SETTLES_MS} from '../readiness.ts'
import {tagDrift} from '../tag-drift.ts'
import type {Provisioned, ProvisionOptions} from '../target.ts'
import type {FoundQueue, SqsApi} from './api.ts'
import {creationAttributes, driftOf, wantedAttributes} from './queue-attributes.ts'
import {SqsQueueSettings} from './steps.ts'

export interface SqsPorts {
  readonly api: SqsApi
  readonly place: Place
  readonly now: () => number
}

export type ProvisionResult = Provisioned | {resource: null; drift: Drift[]; writes: 0}

/** Reads the queue, creates it or sets what differs. Nothing is ever removed, nor lowered before cut-over. */
export async function provisionQueue(
  {api, place, now}: SqsPorts,
  step: Step,
  {execute, cutover}: ProvisionOptions,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const settings = SqsQueueSettings.parse(step.settings)
  const found = await api.find(step.name, signal)
  if (!found) {
    if (!execute) return missing(step)
    const attributes = creationAttributes(settings, place, cutover)
    const queue = await api.create(step.name, {attributes, tags: settings.tags}, signal)
    const ready = readyAfter(now(), SETTLES_MS.queueCreated)
    return {resource: resourceOf(step, queue, {origin: 'created', readyAt: ready}), drift: [], writes: 1}
  }

  const attributes = driftOf(step.id, wantedAttributes(settings, place, cutover), found.attributes)
  const tags = tagDrift(step.id, settings.tags, found.tags)
  const drift = [...attributes, ...tags]
  const writes = execute ? await repair(api, found, {attributes, tags, wanted: settings.tags}, signal) : 0
  const readyAt = readyAfter(now(), writes > 0 ? settles(attributes) : 0)
  return {resource: resourceOf(step, found, {origin: 'found', readyAt}), drift, writes}
}

export function missing(step: Step): {resource: null; drift: Drift[]; writes: 0} {
  const drift = {step: step.id, attribute: 'exists', wanted: step.name, found: null}
  return {resource: null, drift: [drift], writes: 0}
}

interface Repair {
  readonly attributes: readonly Drift[]
  readonly tags: readonly Drift[]
  readonly wanted: Readonly<Record<string, string>>
}

/** Only what changed is set. Returns the number of write calls. */
async function repair(
  api: SqsApi,
  queue: FoundQueue,
  {attributes, tags, wanted}: Repair,
  signal: AbortSignal,
): Promise<number> {
  if (attributes.length > 0) {
    const changed = attributes.map((one): [string, string] => [one.attribute, one.wanted ?? ''])
    await api.setAttributes(queue.url, Object.fromEntries(changed), signal)
  }
  if (tags.length > 0) await api.tag(queue.url, wanted, signal)
  return Math.sign(attributes.length) + Math.sign(tags.length)
}

function settles(attributes: readonly Drift[]): number {
  if (attributes.some(({attribute}) => attribute === 'MessageRetentionPeriod')) return SETTLES_MS.retention
  return attributes.length > 0 ? SETTLES_MS.queueAttributes : 0
}

export function resourceOf(
  step: Step,
  queue: FoundQueue,
  facts: Pick<Resource, 'origin' | 'readyAt'>,
): Resource {
  const {arn, url: address, createdAt} = queue
  return {step: step.id, platform: step.platform, arn, address, createdAt, ...facts}
}
