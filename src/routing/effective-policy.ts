import {isDeepStrictEqual} from 'node:util'

import type {Policy} from '../model/inventory.ts'
import {atLeast, type Version} from './version.ts'

/**
 * Which policy rules an object, as RabbitMQ chooses it: one user policy and one operator policy at most, each all
 * or nothing. Observed on 3.10.8 and 4.0.5 by what queues did, 2026-11-24; key lists from the server's source.
 */
export interface PolicySubject {
  readonly kind: 'queue' | 'exchange'
  readonly vhost: string
  readonly name: string
  /** classic, quorum, stream or a plugin's word; ignored for exchanges. */
  readonly type: string
}

/** Undefined = nobody could evaluate the pattern. */
export type PatternMatch = (pattern: string, name: string) => boolean | undefined

export interface Selection {
  /** Null = none applies. Undefined = cannot be known from here; `rivals` says between which. */
  readonly chosen: Policy | null | undefined
  /** Policies of equal priority between which the broker's choice is undefined. */
  readonly rivals: readonly Policy[]
  /** Policies of equal priority that say the same as the chosen one: either may be the one the broker names. */
  readonly equals: readonly Policy[]
  /** They match, yet have keys this type does not support, so that nothing in them applies. */
  readonly inapplicable: readonly {readonly policy: Policy; readonly keys: readonly string[]}[]
  /** Their pattern could not be evaluated and they might apply. */
  readonly notEvaluated: readonly Policy[]
}

/** `policies` are those of one kind (user or operator), of any vhost. */
export function selectPolicy(
  subject: PolicySubject,
  policies: readonly Policy[],
  matches: PatternMatch,
  version: Version | null,
): Selection {
  const candidates: Policy[] = []
  const inapplicable: {policy: Policy; keys: readonly string[]}[] = []
  const notEvaluated: Policy[] = []
  for (const policy of policies) {
    if (policy.vhost !== subject.vhost || !appliesToKind(policy.applyTo, subject)) continue
    const matched = matches(policy.pattern, subject.name)
    if (matched === false) continue
    const keys = unsupportedKeys(policy, subject, version)
    if (keys.length > 0) {
      if (matched) inapplicable.push({policy, keys})
    } else (matched === undefined ? notEvaluated : candidates).push(policy)
  }
  return {...choose(candidates, notEvaluated), inapplicable, notEvaluated}
}

function choose(
  candidates: readonly Policy[],
  notEvaluated: readonly Policy[],
): Pick<Selection, 'chosen' | 'rivals' | 'equals'> {
  const highest = Math.max(...candidates.map(({priority}) => priority))
  const best = candidates.filter(({priority}) => priority === highest)
  if (notEvaluated.some(({priority}) => best.length === 0 || priority >= highest))
    return {chosen: undefined, rivals: best, equals: []}
  const [first, ...others] = best
  if (!first) return {chosen: null, rivals: [], equals: []}
  // Two policies that say the same are no tie worth an argument, except for the name of the winner.
  if (others.every(({definition}) => isDeepStrictEqual(definition, first.definition)))
    return {chosen: first, rivals: [], equals: others}
  return {chosen: undefined, rivals: best, equals: []}
}

const QUEUE_KINDS: Readonly<Record<string, string>> = {
  classic_queues: 'classic',
  quorum_queues: 'quorum',
  streams: 'stream',
}

function appliesToKind(applyTo: string, subject: PolicySubject): boolean {
  if (applyTo === 'all') return true
  if (subject.kind === 'exchange') return applyTo === 'exchanges'
  return applyTo === 'queues' || QUEUE_KINDS[applyTo] === subject.type
}

const STREAM_ONLY = ['max-age', 'stream-max-segment-size-bytes', 'initial-cluster-size']
const MIRRORING = ['ha-mode', 'ha-params', 'ha-sync-mode', 'ha-sync-batch-size', 'ha-promote-on-shutdown']
const CLASSIC_ONLY = [
  'max-priority',
  'queue-mode',
  'queue-master-locator',
  'ha-promote-on-failure',
  ...MIRRORING,
]

/** `capabilities()` of rabbit_classic_queue, rabbit_quorum_queue and rabbit_stream_queue, 3.10 to 4.x. */
const UNSUPPORTED: Readonly<Record<string, ReadonlySet<string>>> = {
  classic: new Set([...STREAM_ONLY, 'delivery-limit', 'dead-letter-strategy']),
  quorum: new Set([...STREAM_ONLY, ...CLASSIC_ONLY]),
  stream: new Set([
    ...CLASSIC_ONLY,
    'expires',
    'message-ttl',
    'dead-letter-exchange',
    'dead-letter-routing-key',
    'dead-letter-strategy',
    'max-length',
    'max-in-memory-length',
    'max-in-memory-bytes',
    'overflow',
    'delivery-limit',
    'target-group-size',
  ]),
}

/** Keys that make a policy inapplicable to the subject. Exchanges take any policy. */
export function unsupportedKeys(
  policy: Policy,
  subject: Pick<PolicySubject, 'kind' | 'type'>,
  version: Version | null,
): string[] {
  if (subject.kind === 'exchange') return []
  const unsupported = UNSUPPORTED[subject.type]
  return Object.keys(policy.definition).filter(
    (key) =>
      unsupported?.has(key) === true ||
      (key === 'queue-leader-locator' && subject.type === 'classic' && !atLeast(version, 4)),
  )
}

/**
 * User and operator policy as one, key by key: the lower number, except that a limit of −1 is none. For words
 * the operator wins. What the server shows as `effective_policy_definition`.
 */
export function mergeDefinitions(
  policy: Policy['definition'],
  operator: Policy['definition'],
): Policy['definition'] {
  const merged = new Map(Object.entries(policy))
  for (const [key, value] of Object.entries(operator)) merged.set(key, stricter(key, merged.get(key), value))
  return Object.fromEntries(merged)
}

function stricter(key: string, user: unknown, operator: unknown): unknown {
  if (typeof user !== 'number' || typeof operator !== 'number') return operator
  return key === 'delivery-limit' ? lowerLimit(user, operator) : Math.min(user, operator)
}

/** −1 is "unlimited" for delivery limits from 4.0, so the other one is stricter. */
export function lowerLimit(one: number, other: number): number {
  return one < 0 || other < 0 ? Math.max(one, other) : Math.min(one, other)
}
