import type {Version} from './version.ts'

/** A queue's settings and where each was said. Maps, because keys are the broker's words. */
export interface SettingSources {
  readonly type: string
  readonly version: Version | null
  readonly arguments: ReadonlyMap<string, unknown>
  readonly argumentsAt: string
  /** User and operator policy merged. Undefined = nobody knows which applies. */
  readonly policy: ReadonlyMap<string, unknown> | undefined
  /** Evidence for one key of the policy, or for their absence when the key is undefined. */
  readonly policyAt: (key: string | undefined) => string
}

/** Placeholders of templates that were not filled in: shell, Compose, Helm, Jinja, Ansible. */
export const PLACEHOLDER = /\$\{[^}]*\}|\{\{[^}]*\}\}|<%[^%]*%>/

/** What one setting says. Undefined = it is absent. */
export type Said<T> = {readonly value: T} | {readonly unresolved: string} | undefined

/** A value the broker would not take (a number in quotes) is as unresolved as a placeholder: never "none". */
export function saidNumber(value: unknown): Said<number> {
  if (value === undefined) return undefined
  return typeof value === 'number' && Number.isFinite(value) ? {value} : unusable(value)
}

export function saidText(value: unknown): Said<string> {
  if (value === undefined) return undefined
  return typeof value === 'string' && !PLACEHOLDER.test(value) ? {value} : unusable(value)
}

export const unusable = (value: unknown): {unresolved: string} => ({
  unresolved: typeof value === 'string' && PLACEHOLDER.test(value) ? value : JSON.stringify(value),
})
