import {ATTRIBUTE_TYPE, type SqsWire} from './wire.ts'

/** One entry of SendMessageBatch. */
export interface BatchEntry {
  readonly id: string
  readonly wire: SqsWire
  readonly dedupId?: string
}

/** Per byte: 0 copied, 1 escaped by a backslash, 2 refused by SQS, otherwise the letter of a short escape. */
const CLASS = new Uint8Array(256).fill(2, 0, 0x20)
CLASS[0x09] = 0x74
CLASS[0x0a] = 0x6e
CLASS[0x0d] = 0x72
CLASS[0x22] = 1
CLASS[0x5c] = 1
const BACKSLASH = 0x5c

let scratch = Buffer.allocUnsafe(256 * 1024)

/**
 * The JSON of one SendMessageBatch request. Built as bytes in one pass: decoding, testing, stringifying and encoding
 * a body again costs twice as much (performance.md 3), the SDK's serialiser five times.
 */
export function batchRequest(queueUrl: string, entries: readonly BatchEntry[]): Buffer {
  reserve(queueUrl, entries)
  let at = scratch.write(`{"QueueUrl":${JSON.stringify(queueUrl)},"Entries":[`, 0)
  for (const [index, {id, wire, dedupId}] of entries.entries()) {
    at += scratch.write(`${index > 0 ? ',' : ''}{"Id":${JSON.stringify(id)},"MessageBody":"`, at)
    at = escapeInto(wire.body, at)
    at += scratch.write(afterBody(wire, dedupId), at)
  }
  at += scratch.write(']}', at)
  // A copy: the scratch is used again while this one is on its way.
  return Buffer.from(scratch.subarray(0, at))
}

function afterBody({attributes, groupId, delaySeconds}: SqsWire, dedupId: string | undefined): string {
  let text = '"'
  if (groupId !== undefined) text += `,"MessageGroupId":${JSON.stringify(groupId)}`
  if (dedupId !== undefined) text += `,"MessageDeduplicationId":${JSON.stringify(dedupId)}`
  if (delaySeconds !== undefined) text += `,"DelaySeconds":${delaySeconds}`
  if (attributes.length === 0) return `${text}}`
  text += ',"MessageAttributes":{'
  for (const [index, [name, value]] of attributes.entries()) {
    const separator = index > 0 ? ',' : ''
    text += `${separator}"${name}":{"DataType":"${ATTRIBUTE_TYPE}","StringValue":${JSON.stringify(value)}}`
  }
  return `${text}}}`
}

/** Room for the worst case: every byte of a body escaped, every character of a value as \uXXXX. */
function reserve(queueUrl: string, entries: readonly BatchEntry[]): void {
  let bytes = 1024 + 6 * queueUrl.length
  for (const {wire} of entries) {
    bytes += 2048 + 2 * wire.body.length
    for (const [name, value] of wire.attributes) bytes += 64 + name.length + 6 * value.length
  }
  if (bytes > scratch.length) scratch = Buffer.allocUnsafe(bytes)
}

function escapeInto(body: Uint8Array, start: number): number {
  const out = scratch
  let at = start
  // An index and int32 arithmetic: this loop sees every byte that is moved, and entries() costs ten times as much.
  for (let i = 0; i < body.length; i = (i + 1) | 0) {
    const byte = body[i] ?? 0
    const kind = CLASS[byte] ?? 0
    if (kind === 0) {
      out[at] = byte
      at = (at + 1) | 0
      continue
    }
    if (kind === 2) throw new Error(`byte ${byte} in a message body: encode.ts must have refused it`)
    out[at] = BACKSLASH
    out[at + 1] = kind === 1 ? byte : kind
    at = (at + 2) | 0
  }
  return at
}
