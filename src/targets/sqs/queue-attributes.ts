import type {Drift} from '../../model/deployment.ts'
import {arnOf, nameOfStep, type Place} from '../arn.ts'
import {canonicalJson, parseJson} from '../canonical-json.ts'
import type {SqsQueueSettings} from './steps.ts'

export type Attributes = Readonly<Record<string, string>>

/** Settings as SetQueueAttributes takes them; an empty text removes the attribute. */
export function wantedAttributes(settings: SqsQueueSettings, place: Place, cutover: boolean): Attributes {
  const phase = cutover ? 'cutover' : 'now'
  return {
    DelaySeconds: String(settings.delaySeconds[phase]),
    MaximumMessageSize: String(settings.maximumMessageSize),
    MessageRetentionPeriod: String(settings.retentionSeconds[phase]),
    ReceiveMessageWaitTimeSeconds: String(settings.receiveWaitSeconds),
    VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
    RedrivePolicy: redrivePolicy(settings, place),
    RedriveAllowPolicy: redriveAllowPolicy(settings, place),
    ...encryption(settings),
    ...fifoAttributes(settings),
  }
}

/** A new queue: what would only say the default is left out, and FIFO is said once, for life. */
export function creationAttributes(settings: SqsQueueSettings, place: Place, cutover: boolean): Attributes {
  const wanted = Object.entries(wantedAttributes(settings, place, cutover))
  const needed = wanted.filter(([name, value]) => value !== '' && !isDefault(name, value))
  return {...Object.fromEntries(needed), ...(settings.fifo && {FifoQueue: 'true'})}
}

function redrivePolicy({redrive}: SqsQueueSettings, place: Place): string {
  if (!redrive) return ''
  const deadLetterTargetArn = arnOf(place, 'sqs', nameOfStep(redrive.deadLetterStep))
  return JSON.stringify({deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount})
}

function redriveAllowPolicy({redriveAllow}: SqsQueueSettings, place: Place): string {
  if (redriveAllow.allow === 'all') return ALLOW_ALL
  if (redriveAllow.allow === 'none') return JSON.stringify({redrivePermission: 'denyAll'})
  const sourceQueueArns = redriveAllow.steps.map((step) => arnOf(place, 'sqs', nameOfStep(step))).toSorted()
  return JSON.stringify({redrivePermission: 'byQueue', sourceQueueArns})
}

function encryption({kmsKey}: SqsQueueSettings): Attributes {
  return kmsKey === null ? {SqsManagedSseEnabled: 'true'} : {KmsMasterKeyId: kmsKey}
}

function fifoAttributes({fifo, fifoThroughput}: SqsQueueSettings): Attributes {
  if (!fifo) return {}
  const perGroup = fifoThroughput === 'group'
  return {
    ContentBasedDeduplication: 'false',
    DeduplicationScope: perGroup ? 'messageGroup' : 'queue',
    FifoThroughputLimit: perGroup ? 'perMessageGroupId' : 'perQueue',
  }
}

const ALLOW_ALL = JSON.stringify({redrivePermission: 'allowAll'})

/** What an attribute means that GetQueueAttributes leaves out (AWS API reference SetQueueAttributes, 2026-11-22). */
const DEFAULTS: Attributes = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
  RedrivePolicy: '',
  RedriveAllowPolicy: ALLOW_ALL,
  SqsManagedSseEnabled: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
}

const isDefault = (name: string, value: string): boolean => DEFAULTS[name] === value

/** What differs, in the words of the API. */
export function driftOf(step: string, wanted: Attributes, found: Attributes): Drift[] {
  return Object.entries(wanted)
    .map(([attribute, value]): Drift => {
      const present = found[attribute] ?? DEFAULTS[attribute] ?? ''
      return {step, attribute, wanted: noneIfEmpty(value), found: noneIfEmpty(present)}
    })
    .filter((drift) => !sameValue(drift.wanted, drift.found))
}

const noneIfEmpty = (value: string): string | null => (value === '' ? null : value)

function sameValue(wanted: string | null, found: string | null): boolean {
  if (wanted === found) return true
  return wanted !== null && found !== null && comparable(wanted) === comparable(found)
}

/** Policies by meaning: `maxReceiveCount` comes back as text from some, as a number from others. */
function comparable(text: string): string {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return text
  const plain = Object.entries(value).map(([name, inner]): [string, unknown] => [
    name,
    Array.isArray(inner) ? inner.map(String).toSorted() : String(inner),
  ])
  return canonicalJson(Object.fromEntries(plain))
}
