import type {Drift, Resource} from '../../model/deployment.ts'
import type {Step} from '../../model/plan.ts'
import {arnOf, type Place} from '../arn.ts'
import {readyAfter} from '../readiness.ts'
import {tagDrift} from '../tag-drift.ts'
import type {Provisioned, ProvisionOptions} from '../target.ts'
import type {Attributes, SnsApi} from './api.ts'
import {SNS_LIMITS, SnsTopicSettings} from './steps.ts'

export interface SnsPorts {
  readonly api: SnsApi
  readonly place: Place
  readonly now: () => number
}

export type ProvisionResult = Provisioned | {resource: null; drift: Drift[]; writes: 0}

export function missing(step: Step): {resource: null; drift: Drift[]; writes: 0} {
  const drift = {step: step.id, attribute: 'exists', wanted: step.name, found: null}
  return {resource: null, drift: [drift], writes: 0}
}

export async function provisionTopic(
  {api, place, now}: SnsPorts,
  step: Step,
  {execute}: ProvisionOptions,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const settings = SnsTopicSettings.parse(step.settings)
  const arn = arnOf(place, 'sns', step.name)
  // SNS tells an id for what it accepts, and no digest.
  const evidence = 'id' as const
  const base = {
    step: step.id,
    platform: step.platform,
    arn,
    address: arn,
    readyAt: readyAfter(now(), 0),
    evidence,
  }
  const found = await api.topic(arn, signal)
  if (!found) {
    if (!execute) return missing(step)
    await api.createTopic(step.name, {attributes: creationAttributes(settings), tags: settings.tags}, signal)
    // SNS does not tell when a topic was created: our own clock does.
    const resource: Resource = {...base, createdAt: readyAfter(now(), 0), origin: 'created'}
    return {resource, drift: [], writes: 1}
  }

  const attributes = attributeDrift(step.id, settings, found.attributes)
  const tags = tagDrift(step.id, settings.tags, found.tags)
  const resource: Resource = {...base, createdAt: null, origin: 'found'}
  const drift = [...attributes, ...tags]
  if (!execute) return {resource, drift, writes: 0}
  for (const {attribute, wanted} of attributes) await api.setTopic(arn, [attribute, wanted ?? ''], signal)
  if (tags.length > 0) await api.tag(arn, settings.tags, signal)
  return {resource, drift, writes: attributes.length + Math.sign(tags.length)}
}

/** GetTopicAttributes leaves MaximumMessageSize out until somebody sets it (AWS SNS developer guide, 2026-11-22). */
const DEFAULT_SIZE = String(SNS_LIMITS.maximumMessageSize.default)

function wantedAttributes(settings: SnsTopicSettings): Attributes {
  return {
    MaximumMessageSize: String(settings.maximumMessageSize),
    KmsMasterKeyId: settings.kmsKey ?? '',
    ...(settings.fifo && {ContentBasedDeduplication: 'false'}),
  }
}

function creationAttributes(settings: SnsTopicSettings): Attributes {
  const wanted = Object.entries(wantedAttributes(settings))
  const needed = wanted.filter(([, value]) => value !== '' && value !== 'false' && value !== DEFAULT_SIZE)
  return {...Object.fromEntries(needed), ...(settings.fifo && {FifoTopic: 'true'})}
}

function attributeDrift(step: string, settings: SnsTopicSettings, found: Attributes): Drift[] {
  const defaults: Attributes = {MaximumMessageSize: DEFAULT_SIZE, ContentBasedDeduplication: 'false'}
  return Object.entries(wantedAttributes(settings))
    .map(([attribute, wanted]) => ({
      step,
      attribute,
      wanted,
      found: found[attribute] ?? defaults[attribute] ?? '',
    }))
    .filter((drift) => drift.wanted !== drift.found)
}
