import {z} from 'zod'

import {asBuffer} from '../model/bytes.ts'
import type {Headers, Typed} from '../model/envelope.ts'

/** JSON readers give up between 400 (nested arrays) and 1,000; a table costs two levels. */
const MAX_DEPTH = 100

/** A header nested deeper than JSON readers follow. The message is refused, with this as the reason. */
export class NestedTooDeep extends Error {
  override readonly name = 'NestedTooDeep'
}

/** A longstr that is not UTF-8: the one tag that AMQP does not have. */
const LONGSTR_BYTES = 'Sx'

/** A field tag and a JSON value, nothing lost between them. */
export type PackedValue = readonly [tag: string, value: unknown]

/** 64-bit integers become text, bytes base64, tables lists of [name, tag, value]. */
export function packValue(value: Typed, depth = 0): PackedValue {
  if (depth > MAX_DEPTH) throw new NestedTooDeep(`a header is nested more than ${MAX_DEPTH} levels deep`)
  if (value.t === 'S') return typeof value.v === 'string' ? ['S', value.v] : [LONGSTR_BYTES, base64(value.v)]
  if (value.t === 'x') return ['x', base64(value.v)]
  if (value.t === 'F') return ['F', value.v.map(([name, inner]) => [name, ...packValue(inner, depth + 1)])]
  if (value.t === 'A') return ['A', value.v.map((inner) => packValue(inner, depth + 1))]
  if (value.t === 'D') return ['D', [value.v.scale, value.v.digits]]
  return [value.t, packScalar(value.v)]
}

const base64 = (bytes: Uint8Array): string => asBuffer(bytes).toString('base64')

/** JSON has no 64-bit integers, no NaN and no infinities, and JSON.stringify(-0) is 0: all of them become text. */
function packScalar(value: boolean | number | bigint | null): boolean | number | string | null {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'number') return value
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
const wide = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt)
const float = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity', '-0']).transform(Number)])

/** The inverse of {@link packValue}. */
export const UnpackValue: z.ZodType<Typed, readonly [string, unknown]> = z.lazy(() =>
  z.union([
    z.tuple([z.literal('S'), z.string()]).transform(([t, v]) => ({t, v})),
    z.tuple([z.literal(LONGSTR_BYTES), bytes]).transform(([, v]) => ({t: 'S' as const, v})),
    z.tuple([z.literal('x'), bytes]).transform(([t, v]) => ({t, v})),
    z.tuple([z.literal('F'), z.array(UnpackField)]).transform(([t, v]) => ({t, v})),
    z.tuple([z.literal('A'), z.array(UnpackValue)]).transform(([t, v]) => ({t, v})),
    z.tuple([z.literal('t'), z.boolean()]).transform(([t, v]) => ({t, v})),
    z.tuple([z.enum(['b', 'B', 's', 'u', 'I', 'i']), z.int()]).transform(([t, v]) => ({t, v})),
    z.tuple([z.enum(['l', 'L', 'T']), wide]).transform(([t, v]) => ({t, v})),
    z.tuple([z.enum(['f', 'd']), float]).transform(([t, v]) => ({t, v})),
    z
      .tuple([z.literal('D'), z.tuple([z.int(), z.int()])])
      .transform(([t, [scale, digits]]) => ({t, v: {scale, digits}})),
    z.tuple([z.literal('V'), z.null()]).transform(([t, v]) => ({t, v})),
  ]),
)

/** `[name, tag, value]`. */
const UnpackField = z
  .tuple([z.string(), z.string(), z.unknown()])
  .transform(([name, tag, value]): Headers[number] => [name, UnpackValue.parse([tag, value])])
