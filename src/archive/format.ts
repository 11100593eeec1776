import {crc32} from 'node:zlib'

import {MqliftError} from '../errors.ts'

/**
 * A segment: magic · records · footer. A record is `length u32 · CRC-32 u32 · payload`, the payload `seq u64 ·
 * canonical envelope` (model/canonical.ts). The footer has length 0xFFFFFFFF, the CRC of its payload, and as payload
 * the number of records u64 and the SHA-256 of every byte before the footer. Numbers are big-endian. Version 1.
 */
export const MAGIC = Buffer.from('MQLARC01')
export const HEADER_BYTES = 8
export const SEQ_BYTES = 8
export const FOOTER_LENGTH = 0xffff_ffff
export const FOOTER_PAYLOAD = 8 + 32
export const FOOTER_BYTES = HEADER_BYTES + FOOTER_PAYLOAD
/** A segment is closed when it has reached this; one large message may make it larger. */
export const SEGMENT_BYTES = 64 * 2 ** 20
/** RabbitMQ before 4.0 takes messages up to 512 MiB (max_message_size, read 2026-11-22). */
export const MAX_RECORD = 600 * 2 ** 20

export const MANIFEST = 'manifest.jsonl'

export const segmentName = (segment: number): string => `${String(segment).padStart(6, '0')}.segment`

export const segmentNumber = (name: string): number | undefined => {
  const digits = /^(\d{6,})\.segment$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** One record in two parts, so that a big body is written from where it is. */
export function recordParts(seq: number, head: Uint8Array, body: Uint8Array): [Buffer, Uint8Array] {
  const start = Buffer.allocUnsafe(HEADER_BYTES + SEQ_BYTES + head.byteLength)
  start.writeUInt32BE(SEQ_BYTES + head.byteLength + body.byteLength, 0)
  start.writeBigUInt64BE(BigInt(seq), HEADER_BYTES)
  start.set(head, HEADER_BYTES + SEQ_BYTES)
  start.writeUInt32BE(crc32(body, crc32(start.subarray(HEADER_BYTES))), 4)
  return [start, body]
}

export function footer(records: number, sha256: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FOOTER_BYTES)
  bytes.writeUInt32BE(FOOTER_LENGTH, 0)
  bytes.writeBigUInt64BE(BigInt(records), HEADER_BYTES)
  bytes.set(sha256, HEADER_BYTES + 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(HEADER_BYTES)), 4)
  return bytes
}

export function archiveDamage(path: string, what: string): MqliftError {
  return new MqliftError('input', `the archive ${path} is damaged: ${what}`, {
    reason: 'archive-damaged',
    file: path,
    suggestions: [
      'run `mqlift ledger check` to see what is affected',
      'restore the migration folder from a copy',
    ],
  })
}

const REASON: ReadonlyMap<unknown, {readonly reason: string; readonly says: string}> = new Map([
  ['ENOSPC', {reason: 'disk-full', says: 'no space left on the disk that holds'}],
  ['EDQUOT', {reason: 'disk-full', says: 'the quota is used up on the disk that holds'}],
  ['EIO', {reason: 'disk-error', says: 'the disk reported an error for'}],
])

/** The archive is part of the promise: without it nothing more is moved (F3). */
export function understood(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof MqliftError || !('code' in error)) return error
  const known = REASON.get(error.code)
  if (known) {
    return new MqliftError(
      'incomplete',
      `${known.says} the archive ${path}; nothing was acknowledged without it`,
      {
        reason: known.reason,
        file: path,
        suggestions: [
          'make room, then run the same command again: it resumes',
          'or run with --archive off, and accept that nothing can be moved back',
        ],
        cause: error,
      },
    )
  }
  return new MqliftError('input', `cannot use the archive ${path} (${String(error.code)})`, {
    file: path,
    suggestions: ['check its owner and permissions'],
    cause: error,
  })
}
