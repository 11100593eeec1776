import {createHash} from 'node:crypto'

import type {Clause, Condition} from './filter-policy.ts'
import {isRoutingAttribute} from './routing-attributes.ts'

/** Words with a meaning of their own in a filter policy: an attribute of that name would switch `$or` off. */
const RESERVED = new Set([
  '$or',
  'prefix',
  'suffix',
  'wildcard',
  'numeric',
  'exists',
  'anything-but',
  'equals-ignore-case',
  'cidr',
])

const MAX_NAME = 256

/**
 * A header's name as a message attribute: as it is when SNS takes it (letters, digits, `_ - .`, no period first,
 * last or twice, not `AWS.`/`Amazon.`; AWS SNS developer guide, message attributes, read 2026-11-22), else cleaned,
 * with a hash so that two headers never share one attribute.
 */
export function headerAttribute(name: string): string {
  const legal =
    /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(name) &&
    name.length <= MAX_NAME &&
    !/^(?:aws|amazon)\./i.test(name)
  if (legal && !isRoutingAttribute(name) && !RESERVED.has(name)) return name
  const clean = name.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, MAX_NAME - 20)
  return `header-${clean}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

export interface HeadersFilter {
  /** ORed; none = the binding matches nothing. */
  readonly clauses: readonly Clause[]
  /** What the filter lets through in addition, in words. */
  readonly widened: readonly string[]
  /** Header → attribute, where they differ. */
  readonly renamed: Readonly<Record<string, string>>
}

/**
 * A headers binding. `x-match`: all (default), any, all-with-x, any-with-x; without `-with-x` the broker ignores
 * arguments that begin with `x-`. Numbers compare as Number, booleans as the words `true` and `false`.
 */
export function headersFilter(bindingArguments: Readonly<Record<string, unknown>>): HeadersFilter {
  const match = bindingArguments['x-match'] ?? 'all'
  const withX = match === 'all-with-x' || match === 'any-with-x'
  const wanted = Object.entries(bindingArguments)
    .filter(([name]) => name !== 'x-match' && (withX || !name.startsWith('x-')))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const pairs = wanted.map(([name, value]) => ({name, attribute: headerAttribute(name), ...condition(value)}))
  const any = match === 'any' || match === 'any-with-x'
  return {
    clauses: any
      ? pairs.map(({attribute, is}) => ({[attribute]: [is]}))
      : [Object.fromEntries(pairs.map(({attribute, is}) => [attribute, [is]]))],
    widened: pairs.flatMap(({name, inexact}) =>
      inexact === undefined ? [] : [`header ${name}: ${inexact}, so any value passes`],
    ),
    renamed: Object.fromEntries(
      pairs.filter(({name, attribute}) => name !== attribute).map(({name, attribute}) => [name, attribute]),
    ),
  }
}

/** SNS numbers: ±10^9, five decimals (AWS SNS developer guide, filter policy constraints, read 2026-11-24). */
const MAX_NUMBER = 1e9
const exactNumber = (value: number): boolean =>
  Math.abs(value) <= MAX_NUMBER && Math.abs(value * 1e5 - Math.round(value * 1e5)) < 1e-6

function condition(value: unknown): {is: Condition; inexact?: string} {
  // A void argument asks only that the header is there. The management API writes it as the word `undefined`.
  if (value === null || value === 'undefined') return {is: {exists: true}}
  if (typeof value === 'string') {
    return value === '' ? {is: {exists: true}, inexact: 'an attribute cannot be empty'} : {is: value}
  }
  if (typeof value === 'boolean') return {is: String(value)}
  if (typeof value === 'number' && exactNumber(value)) return {is: {numeric: ['=', value]}}
  const inexact =
    typeof value === 'number'
      ? 'SNS compares numbers up to 10^9 with five decimals'
      : 'tables and lists cannot be compared'
  return {is: {exists: true}, inexact}
}
