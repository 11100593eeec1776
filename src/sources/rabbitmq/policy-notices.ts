import type {Notice, Policy} from '../../model/inventory.ts'
import type {Selection} from '../../routing/effective-policy.ts'
import type {Built} from './build-inventory.ts'
import {DEFAULT_VHOST, type SeenPolicy} from './estate.ts'
import type {PolicyBook} from './policies.ts'

/**
 * What surprises people about policies: ties, policies that never apply, keys that switch a whole policy off for
 * a queue type, patterns nobody could run, and a broker that disagrees with us.
 */
export function policyNotices(book: PolicyBook, all: readonly Built[], live: boolean): Notice[] {
  if (!book.policies) return []
  const collected = new Collector()
  const applied = new Set<string>()
  for (const built of all) noteOne(built, collected, applied)
  return [
    ...collected.notices(),
    ...book.policies.flatMap((policy) => neverApplies(policy, book, applied, live)),
  ]
}

function noteOne({ruling, destination}: Built, collected: Collector, applied: Set<string>): void {
  const {vhost} = destination
  if (ruling.policy !== null && ruling.policy !== undefined) applied.add(keyOf(false, vhost, ruling.policy))
  if (ruling.operatorPolicy !== null && ruling.operatorPolicy !== undefined)
    applied.add(keyOf(true, vhost, ruling.operatorPolicy))
  if (!ruling.worked) return
  const sides = [
    {selection: ruling.worked.user, actual: ruling.policy},
    {selection: ruling.worked.operator, actual: ruling.operatorPolicy},
  ]
  for (const {selection, actual} of sides) {
    noteTie(selection, destination.id, actual, collected)
    for (const {policy, keys} of selection.inapplicable)
      noteInapplicable(policy, keys, built(destination), collected)
    for (const policy of selection.notEvaluated)
      collected.add('policy-not-evaluated', destination.id, {
        key: keyOf(policy.operator, vhost, policy.name),
        because: `${title(policy)} has a pattern that was not evaluated: it may apply to these`,
        evidence: `pattern ${policy.pattern}`,
      })
    noteDifference(selection, actual, destination.id, collected)
  }
}

const built = (destination: Built['destination']): {id: string; type: string} => ({
  id: destination.id,
  type:
    destination.facts.type && 'value' in destination.facts.type
      ? destination.facts.type.value
      : destination.kind,
})

function noteTie(
  selection: Selection,
  id: string,
  actual: string | null | undefined,
  collected: Collector,
): void {
  const [first] = selection.rivals
  if (!first || selection.rivals.length < 2) return
  const names = selection.rivals.map(({name}) => name).toSorted()
  const chosen = typeof actual === 'string' ? ` This broker chose ${actual}; another one may not.` : ''
  collected.add('policy-tie', id, {
    key: JSON.stringify([first.vhost, names, actual]),
    because: `Policies ${names.join(', ')} have the same priority ${first.priority}: which one applies is undefined.${chosen}`,
    evidence: `priority ${first.priority} of policies ${names.join(', ')} in ${first.vhost}`,
  })
}

function noteInapplicable(
  policy: Policy,
  keys: readonly string[],
  subject: {id: string; type: string},
  collected: Collector,
): void {
  collected.add('policy-not-applicable', subject.id, {
    key: JSON.stringify([keyOf(policy.operator, policy.vhost, policy.name), subject.type]),
    because: `${title(policy)} does nothing at all on ${subject.type} queues, because they do not support ${keys.join(', ')}`,
    evidence: `definition of policy ${policy.name} in ${policy.vhost}`,
  })
}

function noteDifference(
  selection: Selection,
  actual: string | null | undefined,
  id: string,
  collected: Collector,
): void {
  const {chosen, equals} = selection
  if (chosen === undefined || actual === undefined) return
  const expected = chosen === null ? null : chosen.name
  // Equal definitions of equal priority: which name the broker shows is its business.
  if (expected === actual || equals.some(({name}) => name === actual)) return
  collected.add('policy-differs-from-broker', id, {
    key: JSON.stringify([expected, actual]),
    because: `The broker applies ${spoken(actual)}; by the rules of its version it should be ${spoken(expected)}. The broker's word is used.`,
    evidence: `${spoken(actual)} as told by the broker`,
  })
}

const spoken = (name: string | null): string => (name === null ? 'no policy' : `policy ${name}`)

function neverApplies(
  {item, operator, at}: SeenPolicy,
  book: PolicyBook,
  applied: ReadonlySet<string>,
  live: boolean,
): Notice[] {
  const vhost = item.vhost ?? DEFAULT_VHOST
  const matched = book.patterns.get(item.pattern)
  if (applied.has(keyOf(operator, vhost, item.name))) return []
  const policy = title({name: item.name, operator})
  if (matched && !matched.evaluated) {
    if (matched.problem !== 'invalid') return []
    const because = `${policy} can never apply: its pattern is not valid (${matched.why})`
    return [
      {rule: 'policy-pattern-invalid', subjects: [], because, evidence: [`${at} → pattern ${item.pattern}`]},
    ]
  }
  const where = live
    ? 'on this broker'
    : 'in these files (exclusive queues and amq.* exchanges are not in exports)'
  const because = `${policy} in ${vhost} applies to nothing ${where}`
  return [
    {rule: 'policy-never-applies', subjects: [], because, evidence: [`${at} → pattern ${item.pattern}`]},
  ]
}

const title = ({name, operator}: Pick<Policy, 'name' | 'operator'>): string =>
  operator ? `Operator policy ${name}` : `Policy ${name}`

const keyOf = (operator: boolean, vhost: string, name: string): string => `${operator}\0${vhost}\0${name}`

/** One notice for all destinations it is true of. */
class Collector {
  readonly #found = new Map<string, Notice>()

  add(rule: string, id: string, what: {key: string; because: string; evidence: string}): void {
    const key = `${rule} ${what.key}`
    const notice = this.#found.get(key) ?? {
      rule,
      subjects: [],
      because: what.because,
      evidence: [what.evidence],
    }
    notice.subjects.push(id)
    this.#found.set(key, notice)
  }

  notices(): Notice[] {
    return [...this.#found.values()]
  }
}
