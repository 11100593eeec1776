import type {Clause, Condition, Filter} from '../../routing/filter-policy.ts'
import {propertyFor} from './property-names.ts'

/**
 * A compiled filter (routing/compile.ts) as a JMS selector on the same properties. A property that is missing is
 * unknown in SQL and matches neither there nor in SNS. Null = everything.
 */
export function selectorOf(filter: Filter): string | null {
  if (filter === null) return null
  const clauses = filter.map(clauseText)
  return clauses.length === 1 ? (clauses[0] ?? null) : clauses.map((clause) => `(${clause})`).join(' OR ')
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
