import {canonicalJson} from '../canonical-json.ts'

/**
 * Do two filter policies say the same? Order of keys never counts; order of the values of one key, and of the
 * alternatives of `$or`, does not either: any of them may match. Inside an operator it does (`numeric`).
 */
export function sameFilter(a: unknown, b: unknown): boolean {
  return canonicalJson(alternatives(a)) === canonicalJson(alternatives(b))
}

function alternatives(policy: unknown): unknown {
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) return policy
  return Object.fromEntries(
    Object.entries(policy).map(([key, values]: [string, unknown]) => [
      key,
      Array.isArray(values) ? anyOrder(key === '$or' ? values.map(alternatives) : values) : values,
    ]),
  )
}

const anyOrder = (values: readonly unknown[]): string[] => values.map(canonicalJson).toSorted()
