import type {ByteReader, ByteWriter} from './bytes.ts'
import type {Headers, Typed} from './envelope.ts'

/** Ends the fields of an envelope and the entries of a table. */
export const END = 0
/** Announces one header, at the top and in tables. */
export const HEADER = 64

export function writeHeaders(out: ByteWriter, headers: Headers): void {
  for (const [name, value] of headers) {
    out.u8(HEADER)
    out.text(name)
    writeTyped(out, value)
  }
}

function writeTyped(out: ByteWriter, typed: Typed): void {
  out.u8(typed.t.charCodeAt(0))
  if (typed.t === 'F') {
    writeHeaders(out, typed.v)
    out.u8(END)
  } else if (typed.t === 'A') {
    out.length(typed.v.length)
    for (const item of typed.v) writeTyped(out, item)
  } else if (typed.t === 'D') {
    out.double(typed.v.scale)
    out.double(typed.v.digits)
  } else writeScalar(out, typed.v)
}

/** How a value is written follows from what it is; the tag before it says how to read it back. */
function writeScalar(out: ByteWriter, value: string | number | bigint | boolean | Uint8Array | null): void {
  if (typeof value === 'string') out.text(value)
  else if (typeof value === 'number') out.double(value)
  else if (typeof value === 'bigint') out.int64(value)
  else if (typeof value === 'boolean') out.u8(value ? 1 : 0)
  else if (value !== null) out.bytes(value)
}

/** Brokers bound the nesting by the frame; this bound is against files made by hand (SEC-34). */
const MAX_DEPTH = 500

type Read = (input: ByteReader, depth: number) => Typed
const number =
  (t: 'b' | 'B' | 's' | 'u' | 'I' | 'i' | 'f' | 'd'): Read =>
  (input) => ({t, v: input.double()})
const integer =
  (t: 'l' | 'L' | 'T'): Read =>
  (input) => ({t, v: input.int64()})

const READ: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['S', (input) => ({t: 'S', v: input.textOrBytes()})],
  ['x', (input) => ({t: 'x', v: input.take(input.length())})],
  ['F', (input, depth) => ({t: 'F', v: readTable(input, depth)})],
  [
    'A',
    (input, depth) => ({t: 'A', v: Array.from({length: input.count()}, () => readTyped(input, depth + 1))}),
  ],
  ['V', () => ({t: 'V', v: null})],
  ['t', (input) => ({t: 't', v: input.u8() === 1})],
  ['D', (input) => ({t: 'D', v: {scale: input.double(), digits: input.double()}})],
  ...(['b', 'B', 's', 'u', 'I', 'i', 'f', 'd'] as const).map((t) => [t, number(t)] as const),
  ...(['l', 'L', 'T'] as const).map((t) => [t, integer(t)] as const),
])

export function readTyped(input: ByteReader, depth = 0): Typed {
  if (depth > MAX_DEPTH) throw new RangeError(`tables nested deeper than ${MAX_DEPTH}`)
  const tag = String.fromCharCode(input.u8())
  const read = READ.get(tag)
  if (!read) throw new RangeError(`unknown header type ${JSON.stringify(tag)}`)
  return read(input, depth)
}

function readTable(input: ByteReader, depth: number): Headers {
  const table: (readonly [string, Typed])[] = []
  for (let tag = input.u8(); tag !== END; tag = input.u8()) {
    if (tag !== HEADER) throw new RangeError(`unknown tag ${tag} in a table`)
    table.push([input.text(), readTyped(input, depth + 1)])
  }
  return table
}
