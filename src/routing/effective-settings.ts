import type {Fact, StructureFacts} from '../model/facts.ts'
import {deliveryLimit} from './delivery-limit.ts'
import {saidNumber, saidText, type SettingSources, unusable} from './setting-sources.ts'
import {atLeast, type Version} from './version.ts'

type Rule = 'lower' | 'argument' | 'policy'
type Kind = 'number' | 'text'
type SettingName =
  | 'messageTtl'
  | 'expires'
  | 'maxLength'
  | 'maxLengthBytes'
  | 'overflow'
  | 'deadLetterExchange'
  | 'deadLetterRoutingKey'
  | 'deadLetterStrategy'
  | 'queueMode'
  | 'queueVersion'
  | 'queueLeaderLocator'
  | 'consumerTimeout'

interface Setting {
  readonly key: string
  readonly kind: Kind
  /** What wins when argument and policy both say something (observed, not as the API shows it). */
  rule(type: string, version: Version | null): Rule
}

const lower = (): Rule => 'lower'
const argument = (): Rule => 'argument'

const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  messageTtl: {key: 'message-ttl', kind: 'number', rule: lower},
  // A quorum queue of 3.10.8 took the policy even when it was higher.
  expires: {
    key: 'expires',
    kind: 'number',
    rule: (type, version) => (type === 'quorum' && !atLeast(version, 4) ? 'policy' : 'lower'),
  },
  maxLength: {key: 'max-length', kind: 'number', rule: lower},
  maxLengthBytes: {key: 'max-length-bytes', kind: 'number', rule: lower},
  overflow: {key: 'overflow', kind: 'text', rule: (type) => (type === 'quorum' ? 'policy' : 'argument')},
  deadLetterExchange: {key: 'dead-letter-exchange', kind: 'text', rule: argument},
  deadLetterRoutingKey: {key: 'dead-letter-routing-key', kind: 'text', rule: argument},
  deadLetterStrategy: {key: 'dead-letter-strategy', kind: 'text', rule: argument},
  queueMode: {key: 'queue-mode', kind: 'text', rule: argument},
  queueVersion: {key: 'queue-version', kind: 'number', rule: argument},
  queueLeaderLocator: {key: 'queue-leader-locator', kind: 'text', rule: argument},
  consumerTimeout: {key: 'consumer-timeout', kind: 'number', rule: lower},
}

const READ = {number: saidNumber, text: saidText} as const

type Settings = Pick<
  StructureFacts,
  SettingName | 'deliveryLimit' | 'maxPriority' | 'singleActiveConsumer' | 'mirrored'
>

/** The settings as the queue obeys them. A fact that nobody can know from here is left out. */
export function effectiveSettings(sources: SettingSources): Settings {
  const facts: Record<string, Fact<number | string | null>> = {}
  // That no policy says it either is the evidence of the fact `policy`: repeated twelve times it made inventories half as large again.
  const unset = {value: null, evidence: sources.argumentsAt}
  for (const [name, setting] of ENTRIES) {
    const fact = effective(setting, sources, unset)
    if (fact) facts[name] = fact
  }
  const limit = deliveryLimit(sources)
  return {
    ...(facts as Settings),
    ...(limit ? {deliveryLimit: limit} : {}),
    ...argumentsOnly(sources),
  }
}

const ENTRIES = Object.entries(SETTINGS)

function effective(
  setting: Setting,
  sources: SettingSources,
  unset: Fact<null>,
): Fact<number | string | null> | undefined {
  const read = READ[setting.kind]
  const fromArgument = read(sources.arguments.get(`x-${setting.key}`))
  const fromPolicy = read(sources.policy?.get(setting.key))
  // Most settings of most queues are not set.
  if (!fromArgument && !fromPolicy) return sources.policy && unset
  return decided(setting, sources, fromArgument, fromPolicy)
}

type Said = ReturnType<typeof saidNumber> | ReturnType<typeof saidText>

function decided(
  setting: Setting,
  sources: SettingSources,
  fromArgument: Said,
  fromPolicy: Said,
): Fact<number | string | null> | undefined {
  const argumentAt = `${sources.argumentsAt}.x-${setting.key}`
  const rule = setting.rule(sources.type, sources.version)
  if (fromArgument && rule === 'argument') return {...fromArgument, evidence: argumentAt}
  if (!sources.policy)
    return fromArgument && rule === 'lower'
      ? {...fromArgument, evidence: `${argumentAt} (at most: which policy applies is not known)`}
      : undefined
  const policyAt = sources.policyAt(setting.key)
  if (!fromArgument) return fromPolicy && {...fromPolicy, evidence: policyAt}
  if (!fromPolicy) return {...fromArgument, evidence: argumentAt}
  if (rule === 'policy') return {...fromPolicy, evidence: `${policyAt} (wins over ${argumentAt})`}
  return lowerOf({...fromArgument, evidence: argumentAt}, {...fromPolicy, evidence: policyAt})
}

function lowerOf(
  one: Fact<number | string | null>,
  other: Fact<number | string | null>,
): Fact<number | string | null> {
  if ('unresolved' in one) return one
  if ('unresolved' in other) return other
  return Number(one.value) <= Number(other.value) ? one : other
}

/** Policies cannot set these (400, 3.10.8 and 4.0.5), apart from mirroring, which only they can. */
function argumentsOnly(sources: SettingSources): Settings {
  const {argumentsAt, policy} = sources
  const priority = saidNumber(sources.arguments.get('x-max-priority'))
  const single = sources.arguments.get('x-single-active-consumer')
  const singleAt = single === undefined ? argumentsAt : `${argumentsAt}.x-single-active-consumer`
  const mode = policy?.get('ha-mode')
  return {
    maxPriority: priority
      ? {...priority, evidence: `${argumentsAt}.x-max-priority`}
      : {value: null, evidence: argumentsAt},
    singleActiveConsumer:
      single === undefined || typeof single === 'boolean'
        ? {value: single === true, evidence: singleAt}
        : {...unusable(single), evidence: singleAt},
    ...(policy ? {mirrored: mirroredBy(mode, sources)} : {}),
  }
}

function mirroredBy(mode: unknown, sources: SettingSources): Fact<boolean> {
  const evidence = sources.policyAt(mode === undefined ? undefined : 'ha-mode')
  return {value: mode !== undefined && sources.type === 'classic', evidence}
}
