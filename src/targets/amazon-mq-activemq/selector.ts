import {visible} from '../../model/visible.ts'
import {type Clause, type Condition, type Filter, isAlways} from '../../routing/filter-policy.ts'
import {propertyFor} from './property-names.ts'
import {isXmlText} from './xml-text.ts'

export interface Selected {
  /** Null = everything. */
  readonly selector: string | null
  /** What it lets through in addition, in words. */
  readonly widened: readonly string[]
}

/**
 * A compiled filter (routing/compile.ts) as a JMS selector on the same properties. A property that is missing is
 * unknown in SQL and matches neither there nor in SNS. What a selector cannot ask is not asked: it may be wider than
 * the filter, never narrower.
 */
export function selectorOf(filter: Filter): Selected {
  if (filter === null) return {selector: null, widened: []}
  const sayable = filter.map(sayableClause)
  const widened = [...new Set(sayable.flatMap((each) => each.widened))]
  const clauses = sayable.map((each) => each.clause)
  if (clauses.some(isAlways)) return {selector: null, widened}
  const texts = [...new Set(clauses.map(clauseText))]
  const [only = null] = texts
  return {selector: texts.length === 1 ? only : texts.map((text) => `(${text})`).join(' OR '), widened}
}

/** Conditions are ANDed: without one of them it matches more. */
function sayableClause(clause: Clause): {readonly clause: Clause; readonly widened: readonly string[]} {
  const left = Object.entries(clause).map(
    ([name, conditions]) => [name, conditions, whyNot(name, conditions)] as const,
  )
  return {
    clause: Object.fromEntries(left.flatMap(([name, list, why]) => (why === null ? [[name, list]] : []))),
    widened: left.flatMap(([name, , why]) => (why === null ? [] : [`${visible(name)}: ${why}`])),
  }
}

function whyNot(name: string, conditions: readonly Condition[]): string | null {
  if (propertyFor(name) === null) return 'selectors cannot name it, so any value passes'
  const unsayable = conditions.flatMap(literalsOf).find((text) => !isXmlText(text))
  if (unsayable === undefined) return null
  return `activemq.xml cannot hold "${visible(unsayable)}", so any value passes`
}

function literalsOf(condition: Condition): readonly string[] {
  if (typeof condition === 'string') return [condition]
  if ('anything-but' in condition) return condition['anything-but']
  return Object.values(condition).filter((value) => typeof value === 'string')
}

function clauseText(clause: Clause): string {
  return Object.entries(clause)
    .map(([name, conditions]) => conditionsText(propertyFor(name) ?? name, conditions))
    .join(' AND ')
}

function conditionsText(name: string, conditions: readonly Condition[]): string {
  const texts = conditions.filter((each) => typeof each === 'string')
  const others = conditions
    .filter((each) => typeof each !== 'string')
    .map((each) => conditionText(name, each))
  const all = [...(texts.length > 0 ? [inText(name, texts)] : []), ...others]
  return all.length === 1 ? (all[0] ?? '') : `(${all.join(' OR ')})`
}

function inText(name: string, values: readonly string[]): string {
  const [only] = values
  return values.length === 1 && only !== undefined
    ? `${name} = ${literal(only)}`
    : `${name} IN (${values.map(literal).join(', ')})`
}

function conditionText(name: string, condition: Exclude<Condition, string>): string {
  if ('prefix' in condition) return like(name, `${pattern(condition.prefix)}%`)
  if ('suffix' in condition) return like(name, `%${pattern(condition.suffix)}`)
  if ('wildcard' in condition) return like(name, wildcard(condition.wildcard))
  if ('exists' in condition) return `${name} IS ${condition.exists ? 'NOT ' : ''}NULL`
  if ('numeric' in condition) return `${name} ${condition.numeric[0]} ${condition.numeric[1]}`
  return `${name} NOT IN (${condition['anything-but'].map(literal).join(', ')})`
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** ActiveMQ takes one character after ESCAPE. */
const like = (name: string, text: string): string =>
  `${name} LIKE ${literal(text)}${text.includes('\\') ? " ESCAPE '\\'" : ''}`

const pattern = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`)

/** `*` is any text, unless it is escaped. */
function wildcard(text: string): string {
  return text.replaceAll(/\\(.)|\*|[%_]/gs, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return pattern(escaped)
    return found === '*' ? '%' : `\\${found}`
  })
}
