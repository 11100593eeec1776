import type {Drift, Resource} from '../../model/deployment.ts'
import type {Step} from '../../model/plan.ts'
import {arnOf, nameOfStep, type Place} from '../arn.ts'
import {parseJson} from '../canonical-json.ts'
import {readyAfter, SETTLES_MS} from '../readiness.ts'
import type {ProvisionOptions} from '../target.ts'
import type {Attributes} from './api.ts'
import {sameFilter} from './filter-equality.ts'
import {missing, type ProvisionResult, type SnsPorts} from './provision-topic.ts'
import {SnsSubscriptionSettings} from './steps.ts'

/** One per topic and queue. A filter policy is compared by meaning, and takes 15 minutes to be in force. */
export async function provisionSubscription(
  {api, place, now}: SnsPorts,
  step: Step,
  {execute, resolved}: ProvisionOptions,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const settings = SnsSubscriptionSettings.parse(step.settings)
  const arnOfStep = (service: 'sqs' | 'sns', id: string): string =>
    resolved.get(id)?.arn ?? arnOf(place, service, nameOfStep(id))
  const topicArn = arnOfStep('sns', settings.topicStep)
  const queueArn = arnOfStep('sqs', settings.queueStep)
  const wanted = wantedAttributes(settings, place)

  const found = await api.subscription(topicArn, queueArn, signal)
  if (!found) {
    if (!execute) return missing(step)
    const attributes = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ''))
    const arn = await api.subscribe(topicArn, queueArn, {attributes, signal})
    const settles = settings.filterPolicy ? SETTLES_MS.filterPolicy : 0
    const readyAt = readyAfter(now(), settles)
    const createdAt = readyAfter(now(), 0)
    return {resource: resourceOf(step, arn, {createdAt, readyAt, origin: 'created'}), drift: [], writes: 1}
  }

  const drift = driftOf(step.id, wanted, found.attributes)
  if (execute) {
    for (const {attribute, wanted: value} of drift)
      await api.setSubscription(found.arn, [attribute, value ?? removal(attribute)], signal)
  }
  const writes = execute ? drift.length : 0
  const filtered = drift.some(({attribute}) => attribute.startsWith('FilterPolicy'))
  const readyAt = readyAfter(now(), writes > 0 && filtered ? SETTLES_MS.filterPolicy : 0)
  return {resource: resourceOf(step, found.arn, {createdAt: null, readyAt, origin: 'found'}), drift, writes}
}

function resourceOf(
  step: Step,
  arn: string,
  facts: Pick<Resource, 'createdAt' | 'readyAt' | 'origin'>,
): Resource {
  return {step: step.id, platform: step.platform, arn, address: arn, ...facts}
}

/** As Subscribe takes them; an empty text = the attribute must not be there. */
function wantedAttributes(settings: SnsSubscriptionSettings, place: Place): Attributes {
  const {filterPolicy, redrive} = settings
  return {
    RawMessageDelivery: String(settings.raw),
    FilterPolicyScope: filterPolicy === null ? '' : settings.scope,
    FilterPolicy: filterPolicy === null ? '' : JSON.stringify(filterPolicy),
    RedrivePolicy: redrive
      ? JSON.stringify({deadLetterTargetArn: arnOf(place, 'sqs', nameOfStep(redrive.deadLetterStep))})
      : '',
  }
}

function driftOf(step: string, wanted: Attributes, found: Attributes): Drift[] {
  return Object.entries(wanted)
    .map(([attribute, value]): Drift => {
      const present = found[attribute] ?? (attribute === 'FilterPolicyScope' ? 'MessageAttributes' : '')
      return {step, attribute, wanted: value === '' ? null : value, found: present === '' ? null : present}
    })
    .filter(differs)
}

function differs({attribute, wanted, found}: Drift): boolean {
  // Without a filter there is nothing that its scope could apply to.
  if (attribute === 'FilterPolicyScope') return wanted !== null && wanted !== found
  if (attribute === 'FilterPolicy' || attribute === 'RedrivePolicy')
    return !sameFilter(parseJson(wanted ?? '{}'), parseJson(found ?? '{}'))
  return wanted !== found
}

/** An empty filter policy lets everything through; an empty redrive policy is none (AWS API reference, 2026-11-24). */
const removal = (attribute: string): string => (attribute === 'FilterPolicy' ? '{}' : '')
