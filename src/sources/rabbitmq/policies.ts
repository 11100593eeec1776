import type {Policy} from '../../model/inventory.ts'
import {
  mergeDefinitions,
  type PolicySubject,
  selectPolicy,
  type Selection,
} from '../../routing/effective-policy.ts'
import {type Matched, matchPolicies} from '../../routing/policy-pattern.ts'
import type {Version} from '../../routing/version.ts'
import {type SeenPolicy, within} from './estate.ts'

/** What the broker itself said about one object; undefined = it did not say. */
export interface Told {
  readonly policy: string | null | undefined
  readonly operatorPolicy: string | null | undefined
  /** User and operator policy merged, without arguments. */
  readonly definition: Readonly<Record<string, unknown>> | undefined
  readonly at: string
}

/** Which policies rule one object, and how that is known. */
export interface Ruling {
  readonly subject: PolicySubject
  /** As worked out from the policies. Undefined when these were not read. */
  readonly worked: {readonly user: Selection; readonly operator: Selection} | undefined
  /** Names; null = none, undefined = not known. The broker's word wins. */
  readonly policy: string | null | undefined
  readonly operatorPolicy: string | null | undefined
  readonly definition: ReadonlyMap<string, unknown> | undefined
  readonly at: (key: string | undefined) => string
}

interface Rules {
  readonly user: readonly Policy[]
  readonly operator: readonly Policy[]
}

/** All policies of an estate, with every pattern already run against every name it may meet. */
export class PolicyBook {
  readonly policies: readonly SeenPolicy[] | null
  readonly patterns: ReadonlyMap<string, Matched>
  readonly #byVhost: ReadonlyMap<string, Rules>
  readonly #version: Version | null
  readonly #at = new Map<string, string>()
  readonly #pairs = new Map<string, Pair>()

  private constructor(
    policies: readonly SeenPolicy[] | null,
    patterns: ReadonlyMap<string, Matched>,
    version: Version | null,
  ) {
    this.policies = policies
    this.patterns = patterns
    this.#version = version
    this.#byVhost = rulesByVhost(policies ?? [])
    for (const {item, operator, at} of policies ?? [])
      this.#at.set(keyOf(operator, item.vhost, item.name), at)
  }

  static async open(
    policies: readonly SeenPolicy[] | null,
    subjects: readonly PolicySubject[],
    version: Version | null,
  ): Promise<PolicyBook> {
    return new PolicyBook(policies, await matchPolicies((policies ?? []).map(toModel), subjects), version)
  }

  rule(subject: PolicySubject, told: Told): Ruling {
    const worked = this.policies ? this.#work(subject) : undefined
    const policy = told.policy === undefined ? nameOf(worked?.user) : told.policy
    const operatorPolicy = told.operatorPolicy === undefined ? nameOf(worked?.operator) : told.operatorPolicy
    const pair = this.#pair(subject.vhost, policy, operatorPolicy)
    const definition = told.definition ? new Map(Object.entries(told.definition)) : pair.definition
    return {
      subject,
      worked,
      policy,
      operatorPolicy,
      definition,
      at: (key) => evidence(key, definition, pair.sources, told),
    }
  }

  /** Few pairs of policies rule many queues: each is merged once. */
  #pair(vhost: string, policy: string | null | undefined, operatorPolicy: string | null | undefined): Pair {
    const key = `${vhost}\0${String(policy)}\0${String(operatorPolicy)}`
    const known = this.#pairs.get(key)
    if (known) return known
    const user = this.#named(vhost, policy, false)
    const operator = this.#named(vhost, operatorPolicy, true)
    const definition = user && operator && new Map(Object.entries(mergeDefinitions(user, operator)))
    const sources = [
      {at: this.#at.get(keyOf(false, vhost, policy)), definition: user},
      {at: this.#at.get(keyOf(true, vhost, operatorPolicy)), definition: operator},
    ].flatMap(({at, definition: own}) => (at === undefined || !own ? [] : [{at, definition: own}]))
    const pair = {definition, sources}
    this.#pairs.set(key, pair)
    return pair
  }

  #work(subject: PolicySubject): {user: Selection; operator: Selection} {
    const rules = this.#byVhost.get(subject.vhost)
    const matches = (pattern: string, name: string): boolean | undefined => {
      const matched = this.patterns.get(pattern)
      if (!matched) return undefined
      // No broker accepts such a pattern, so it rules nothing.
      return matched.evaluated ? matched.names.has(name) : matched.problem === 'invalid' ? false : undefined
    }
    return {
      user: selectPolicy(subject, rules?.user ?? [], matches, this.#version),
      operator: selectPolicy(subject, rules?.operator ?? [], matches, this.#version),
    }
  }

  #named(
    vhost: string,
    name: string | null | undefined,
    operator: boolean,
  ): Policy['definition'] | undefined {
    if (name === undefined) return undefined
    if (name === null) return {}
    const rules = this.#byVhost.get(vhost)
    return (operator ? rules?.operator : rules?.user)?.find((policy) => policy.name === name)?.definition
  }
}

interface Pair {
  readonly definition: ReadonlyMap<string, unknown> | undefined
  readonly sources: readonly {readonly at: string; readonly definition: Policy['definition']}[]
}

/** Where one key comes from, or where it would be if it were set. */
function evidence(
  key: string | undefined,
  merged: ReadonlyMap<string, unknown> | undefined,
  sources: Pair['sources'],
  told: Told,
): string {
  const value = key === undefined ? undefined : merged?.get(key)
  const source = sources.find(
    ({definition}) => key === undefined || (value !== undefined && definition[key] === value),
  )
  const path = key === undefined ? '' : `.${key}`
  if (source) return within(source.at, `definition${path}`)
  if (told.definition) return within(told.at, `effective_policy_definition${path}`)
  return told.policy === undefined ? 'no policy that applies' : within(told.at, 'policy')
}

const nameOf = (selection: Selection | undefined): string | null | undefined =>
  selection?.chosen === null ? null : selection?.chosen?.name

const keyOf = (operator: boolean, vhost: string | undefined, name: string | null | undefined): string =>
  `${operator}\0${vhost ?? ''}\0${name ?? ''}`

export function toModel({item, operator}: SeenPolicy): Policy {
  return {
    vhost: item.vhost ?? '',
    name: item.name,
    operator,
    pattern: item.pattern,
    applyTo: item['apply-to'],
    priority: item.priority,
    definition: item.definition,
  }
}

function rulesByVhost(policies: readonly SeenPolicy[]): Map<string, Rules> {
  const byVhost = new Map<string, {user: Policy[]; operator: Policy[]}>()
  for (const seen of policies) {
    const policy = toModel(seen)
    const rules = byVhost.get(policy.vhost) ?? {user: [], operator: []}
    ;(policy.operator ? rules.operator : rules.user).push(policy)
    byVhost.set(policy.vhost, rules)
  }
  return byVhost
}
