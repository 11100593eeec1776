import {isDeepStrictEqual} from 'node:util'

import type {Typed} from '../../src/model/envelope.ts'

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
  return isTyped(value) ? textOf(value.v) : undefined
}

/** The value of a header, and not one of a property. */
export const isTyped = (value: unknown): value is Typed =>
  typeof value === 'object' && value !== null && 't' in value && 'v' in value
