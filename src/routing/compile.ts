import {valueOf} from '../model/facts.ts'
import type {CompiledRoute, RouteRules} from './compile-route.ts'
import {compileRoute} from './compile-route.ts'
import {mergeClauses} from './filter-merge.ts'
import type {Clause, Condition, Filter} from './filter-policy.ts'
import {ALWAYS, attributesOf, isAlways} from './filter-policy.ts'
import {fitToLimits} from './filter-widen.ts'
import type {Atom, Route} from './flatten.ts'
import {edgesOf, flatten} from './flatten.ts'
import type {Graph} from './graph.ts'
import {isRoutingAttribute} from './routing-attributes.ts'

export interface CompiledSubscription {
  readonly queue: string
  /** Null = everything. */
  readonly filter: Filter
  /** Empty = exactly what the broker delivers; otherwise what more comes, in words. */
  readonly widened: readonly string[]
  /** Paths and bindings that were merged into this one subscription. */
  readonly routes: number
}

export interface Shards {
  readonly exchange: string
  readonly attribute: string
  /** `routing-key`, `header:<name>`, `property:<name>`, or null when the publisher draws at random. */
  readonly hashOn: string | null
  readonly count: number
}

export interface CompiledExchange {
  readonly subscriptions: readonly CompiledSubscription[]
  /** Message attributes that publishers must set, because some filter looks at them. */
  readonly attributes: readonly string[]
  /** Header → attribute where a header's name is not one that SNS takes. */
  readonly renamed: Readonly<Record<string, string>>
  readonly shards: readonly Shards[]
  /** Exchanges on the way whose routing we do not know. */
  readonly unknown: readonly string[]
  readonly cycles: readonly string[]
  readonly through: readonly string[]
  /** Exchanges whose alternate exchange a filter cannot stand in for. */
  readonly lostAlternates: readonly string[]
  readonly truncated: boolean
  /** Set when publishers would have to set more attributes than a message can carry, whatever is widened. */
  readonly tooManyAttributes: boolean
}

/**
 * Raw delivery to SQS discards a message with more than ten attributes (AWS SNS developer guide, read 2026-11-22).
 * Two stay free for the message itself: properties and headers folded into one, and how the body is encoded
 * (docs/wire-format.md).
 */
export const ROUTING_ATTRIBUTES_MAX = 8

/** One topic per entry exchange: who gets what, and what publishers must set for it. */
export function compileExchange(graph: Graph, exchange: string): CompiledExchange {
  const exact = compileWith(graph, exchange, () => true)
  if (exact.attributes.length <= ROUTING_ATTRIBUTES_MAX) return exact
  // Words by position cost one attribute each; without them patterns are widened, and said so.
  const frugal = compileWith(graph, exchange, (name) => !/^[wr]\d+$/.test(name))
  return {...frugal, tooManyAttributes: frugal.attributes.length > ROUTING_ATTRIBUTES_MAX}
}

function compileWith(graph: Graph, entry: string, allowed: (name: string) => boolean): CompiledExchange {
  const flat = flatten(graph, entry)
  const rules = rulesFor(graph, flat.routes, allowed)
  const compiled = flat.routes.map((route) => ({queue: route.queue, ...compileRoute(route.atoms, rules)}))
  const subscriptions = [...Map.groupBy(compiled, ({queue}) => queue)]
    .map(([queue, routes]) => subscription(queue, routes))
    .filter((each) => each !== null)
    .toSorted((a, b) => (a.queue < b.queue ? -1 : 1))
  return {
    subscriptions,
    attributes: neededAttributes(subscriptions),
    renamed: Object.fromEntries(flat.routes.flatMap(({atoms}) => atoms.flatMap(renamedBy))),
    shards: shardsOf(graph, flat.routes, rules),
    unknown: flat.unknown,
    cycles: flat.cycles,
    through: flat.through,
    lostAlternates: [...new Set(compiled.flatMap(({lost}) => lost ?? []))].toSorted(),
    truncated: flat.truncated,
    tooManyAttributes: false,
  }
}

function subscription(queue: string, routes: readonly CompiledRoute[]): CompiledSubscription | null {
  const clauses = routes.flatMap((route) => route.clauses)
  if (clauses.length === 0) return null
  const {filter, widened} = fitToLimits(clauses)
  // What a path gave up no longer matters when everything is delivered on purpose.
  const wanted = mergeClauses(
    routes.filter((route) => route.widened.length === 0).flatMap(({clauses: own}) => own),
  )
  const always = wanted.some(isAlways)
  const said = always ? [] : [...new Set([...routes.flatMap((route) => route.widened), ...widened])]
  return {queue, filter, widened: said, routes: routes.length}
}

/** `rk: exists false` needs a second attribute: a message without any matches no policy (routing-attributes.ts). */
function neededAttributes(subscriptions: readonly CompiledSubscription[]): string[] {
  const names = new Set(subscriptions.flatMap(({filter}) => attributesOf(filter)))
  const absent = subscriptions.some(({filter}) => JSON.stringify(filter).includes('{"exists":false}'))
  if (absent) names.add('n')
  return [...names].toSorted()
}

const renamedBy = (atom: Atom): [string, string][] =>
  atom.by === 'headers' ? Object.entries(atom.filter.renamed) : []

function rulesFor(graph: Graph, routes: readonly Route[], allowed: (name: string) => boolean): RouteRules {
  const sharded = [
    ...new Set(
      routes.flatMap(({atoms}) => atoms.flatMap((atom) => (atom.by === 'shard' ? [atom.exchange] : []))),
    ),
  ].toSorted()
  const rules: RouteRules = {
    shardAttribute: (exchange) => {
      const at = sharded.indexOf(exchange)
      return at <= 0 ? 'shard' : `shard${at + 1}`
    },
    unmatched: (exchange) => unmatchedClauses(graph, exchange, rules),
    allowed: (name) => !isRoutingAttribute(name) || allowed(name),
  }
  return rules
}

/**
 * "None of its bindings matched" as conditions: possible when they are all exact keys, and trivial when one of
 * them always matches or there are none. SNS cannot negate several prefixes at once.
 */
function unmatchedClauses(graph: Graph, exchange: string, rules: RouteRules): readonly Clause[] | null {
  const edges = (edgesOf(graph, exchange) ?? []).filter(({atom}) => atom?.by !== 'unmatched')
  const own = edges.map(({atom}) => compileRoute(atom === null ? [] : [atom], rules))
  if (own.some((route) => route.widened.length > 0)) return null
  const merged = mergeClauses(own.flatMap((route) => route.clauses))
  if (merged.length === 0) return [ALWAYS]
  if (merged.some(isAlways)) return []
  const [only = ALWAYS] = merged
  return merged.length > 1 || Object.keys(only).length > 1 ? null : notKeys(only['rk'] ?? [])
}

/** Every key but these; null when they are not exact keys. */
function notKeys(keys: readonly Condition[]): readonly Clause[] | null {
  const values = keys.filter((each) => typeof each === 'string')
  const empty = keys.some((each) => typeof each === 'object' && 'exists' in each)
  if (keys.length === 0 || values.length + Number(empty) < keys.length) return null
  const other = values.length === 0 ? {exists: true} : {'anything-but': values}
  return [{rk: empty ? [other] : [other, {exists: false}]}]
}

function shardsOf(graph: Graph, routes: readonly Route[], rules: RouteRules): Shards[] {
  const counts = new Map<string, Set<string>>()
  for (const atom of routes.flatMap(({atoms}) => atoms)) {
    if (atom.by !== 'shard') continue
    const seen = counts.get(atom.exchange) ?? new Set()
    for (const value of atom.values) seen.add(value)
    counts.set(atom.exchange, seen)
  }
  return [...counts].map(([exchange, values]) => ({
    exchange,
    attribute: rules.shardAttribute(exchange),
    hashOn: hashInput(graph, exchange),
    count: values.size,
  }))
}

/** What decides the queue of a hash exchange; null = chance. */
export function hashInput(graph: Graph, exchange: string): string | null {
  const facts = graph.destinations.get(exchange)?.facts
  const type = valueOf(facts?.type)
  if (type === 'x-modulus-hash') return 'routing-key'
  return type === 'x-consistent-hash' ? (valueOf(facts?.hashOn) ?? 'routing-key') : null
}
