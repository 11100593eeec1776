import {isDeepStrictEqual} from 'node:util'

/** Whatever class carries the bytes. */
export const isEqual = (one: unknown, other: unknown): boolean =>
  one !== undefined && isDeepStrictEqual(plain(one), plain(other))

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([name, one]) => [name, plain(one)])
}

/** A value as text, where it has one that everybody would write the same way. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  if (typeof value !== 'object' || value === null || !('t' in value) || !('v' in value)) return undefined
  return textOf(value.v)
}
