import type {KeyObject} from 'node:crypto'

import {ByteReader, ByteWriter} from './bytes.ts'
import {END, HEADER, readTyped, writeHeaders} from './canonical-headers.ts'
import type {Envelope, Properties, Typed} from './envelope.ts'
import {keyedHash} from './keyed-hash.ts'
import type {Mutable} from './mutable.ts'

/**
 * The canonical encoding of an envelope: what is digested and archived. Version 1 is frozen by the vectors in
 * fixtures/canonical; a change of one byte is a new version. `delivery` (what brokers add on redelivery) is not in
 * it. The head ends with the length of the body, so that head and body can be kept apart and big bodies are never
 * copied.
 *
 * Layout: version u8 · fields in the order below, each `tag u8, value` and absent when not set · 0 · body length.
 * Lengths are LEB128; text is length + UTF-8, in which a lone surrogate takes its three bytes (WTF-8); numbers are
 * IEEE 754 doubles; 64-bit integers are sign u8 + magnitude u64.
 */
export const CANONICAL_VERSION = 1

const NUMBER_FIELDS = ['seq', 'notBefore', 'expiresAt'] as const
const PROPERTIES = [
  'contentType',
  'contentEncoding',
  'deliveryMode',
  'priority',
  'correlationId',
  'replyTo',
  'expiration',
  'messageId',
  'timestamp',
  'type',
  'userId',
  'appId',
  'clusterId',
] as const satisfies readonly (keyof Properties)[]

/** Tags: 1 source id, 2–5 text fields, 6–8 numbers, 32–44 properties, 64 one header. */
const SOURCE_ID = 1
const FIRST_TEXT = 2
const FIRST_NUMBER = 6
const FIRST_PROPERTY = 32

/** Made once: pairs from `entries()` cost every message more than a kilobyte of garbage. */
const NUMBERS = NUMBER_FIELDS.map((name, index) => ({name, tag: FIRST_NUMBER + index}))
const TAGGED_PROPERTIES = PROPERTIES.map((name, index) => ({name, tag: FIRST_PROPERTY + index}))

/** Everything before the body. The canonical bytes are this followed by `envelope.body`. */
export function encodeHead(envelope: Envelope): Buffer {
  const out = shared.reset()
  out.u8(CANONICAL_VERSION)
  out.u8(SOURCE_ID)
  out.text(envelope.source.id)
  const {exchange, routingKey} = envelope.source
  writeText(out, FIRST_TEXT, exchange)
  writeText(out, FIRST_TEXT + 1, routingKey)
  writeText(out, FIRST_TEXT + 2, envelope.identity)
  writeText(out, FIRST_TEXT + 3, envelope.group)
  for (const {name, tag} of NUMBERS) {
    const value = envelope[name]
    if (value === undefined) continue
    out.u8(tag)
    out.double(value)
  }
  writeProperties(out, envelope.properties)
  writeHeaders(out, envelope.headers)
  out.u8(END)
  out.length(envelope.body.byteLength)
  return out.take()
}

/** Keyed, because a plain hash of a small message can be guessed from a report (SEC-52). 32 bytes. */
export function digest(key: KeyObject, envelope: Envelope): Buffer {
  return digestOf(key, encodeHead(envelope), envelope.body)
}

/** The same, when the head is already made. */
export function digestOf(key: KeyObject, head: Uint8Array, body: Uint8Array): Buffer {
  return keyedHash(key, head, body)
}

/** The inverse. The body is a view of `bytes`. Throws RangeError when the bytes are not version 1. */
export function decodeEnvelope(bytes: Buffer): Envelope {
  const input = new ByteReader(bytes)
  const version = input.u8()
  if (version !== CANONICAL_VERSION) throw new RangeError(`canonical encoding of version ${version}`)
  const found: Found = {source: {}, rest: {}, properties: {}, headers: []}
  for (let tag = input.u8(); tag !== END; tag = input.u8()) readField(input, tag, found)
  const body = input.take(input.length())
  if (input.left > 0) throw new RangeError(`${input.left} bytes after the body`)
  const {id, ...address} = found.source
  if (id === undefined) throw new RangeError('no source id')
  const {properties, headers} = found
  return {v: 1, source: {id, ...address}, ...found.rest, properties, headers, body, delivery: NOT_REDELIVERED}
}

/** Where a message came from, without decoding the rest of it: the source id is the first field of every head. */
export function sourceIdOf(bytes: Buffer): string {
  const input = new ByteReader(bytes)
  const version = input.u8()
  if (version !== CANONICAL_VERSION) throw new RangeError(`canonical encoding of version ${version}`)
  if (input.u8() !== SOURCE_ID) throw new RangeError('no source id')
  return input.text()
}

const NOT_REDELIVERED: Envelope['delivery'] = {redelivered: false}

/** One per process: encodeHead is not reentrant and never yields. */
const shared = new ByteWriter()

function writeText(out: ByteWriter, tag: number, value: string | undefined): void {
  if (value === undefined) return
  out.u8(tag)
  out.text(value)
}

function writeProperties(out: ByteWriter, properties: Properties): void {
  for (const {name, tag} of TAGGED_PROPERTIES) {
    const value = properties[name]
    if (value === undefined) continue
    out.u8(tag)
    if (typeof value === 'string') out.text(value)
    else if (typeof value === 'bigint') out.int64(value)
    else out.double(value)
  }
}

interface Found {
  readonly source: Mutable<Partial<Envelope['source']>>
  readonly rest: Mutable<Pick<Envelope, 'identity' | 'group' | 'seq' | 'notBefore' | 'expiresAt'>>
  readonly properties: Mutable<Properties>
  readonly headers: (readonly [string, Typed])[]
}

/** By tag: source id, the text fields, the number fields. */
const READ: readonly ((found: Found, input: ByteReader) => void)[] = [
  () => {
    throw new RangeError('unknown field 0')
  },
  ({source}, input) => (source.id = input.text()),
  ({source}, input) => (source.exchange = input.text()),
  ({source}, input) => (source.routingKey = input.text()),
  ({rest}, input) => (rest.identity = input.text()),
  ({rest}, input) => (rest.group = input.text()),
  ({rest}, input) => (rest.seq = input.double()),
  ({rest}, input) => (rest.notBefore = input.double()),
  ({rest}, input) => (rest.expiresAt = input.double()),
]

function readField(input: ByteReader, tag: number, found: Found): void {
  const read = READ[tag]
  if (tag === HEADER) found.headers.push([input.text(), readTyped(input)])
  else if (read) read(found, input)
  else readProperty(input, tag, found)
}

function readProperty(input: ByteReader, tag: number, {properties}: Found): void {
  const name = PROPERTIES[tag - FIRST_PROPERTY]
  if (name === undefined) throw new RangeError(`unknown field ${tag}`)
  if (name === 'timestamp') properties.timestamp = input.int64()
  else if (name === 'deliveryMode' || name === 'priority') properties[name] = input.double()
  else properties[name] = input.text()
}
