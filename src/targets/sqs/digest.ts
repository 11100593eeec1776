import {hash} from 'node:crypto'

import {ATTRIBUTE_TYPE, type WireAttribute} from './wire.ts'

/** MD5OfMessageBody as the service computes it. MD5 is enough against accidents, which is what it is for. */
export function md5OfBody(body: Uint8Array): string {
  return hash('md5', body, 'hex')
}

const STRING_VALUE = 1
let scratch = Buffer.allocUnsafe(64 * 1024)

/**
 * MD5OfMessageAttributes: of every attribute, sorted by name, the length-prefixed name and type, one byte for the
 * kind of value, the length-prefixed value (AWS SQS developer guide, "Calculating the MD5 message digest for
 * message attributes", read 2026-11-24). The SDK checks the body only (M15). All our attributes are strings.
 */
export function md5OfAttributes(attributes: readonly WireAttribute[]): string {
  let size = 0
  for (const [name, value] of attributes) size += 64 + 3 * (name.length + value.length)
  if (size > scratch.length) scratch = Buffer.allocUnsafe(size)
  let at = 0
  for (const [name, value] of attributes) {
    at = putText(name, at)
    at = putText(ATTRIBUTE_TYPE, at)
    at = scratch.writeUInt8(STRING_VALUE, at)
    at = putText(value, at)
  }
  return hash('md5', scratch.subarray(0, at), 'hex')
}

function putText(text: string, at: number): number {
  const length = scratch.write(text, at + 4)
  scratch.writeUInt32BE(length, at)
  return at + 4 + length
}
