import {once} from 'node:events'
import net from 'node:net'
import tls from 'node:tls'

import type {NodeTlsOptions} from '../../protocols/tls.ts'

/** What answers on a port, judged by its first bytes. */
export type Wire =
  | {readonly speaks: 'amqp091'; readonly product: string; readonly version: string; readonly cluster: string}
  | {
      readonly speaks:
        | 'amqp1'
        | 'amqp-other'
        | 'tls'
        | 'http'
        | 'stomp'
        | 'mqtt'
        | 'openwire'
        | 'silence'
        | 'unknown'
    }

/** AMQP 0-9-1, section 4.2.2: the protocol header. */
const GREETING = Buffer.from('AMQP\0\0\x09\x01', 'latin1')
const WAIT_MS = 5000

/** Says hello in AMQP 0-9-1 and looks at the answer. Nothing is authenticated and nothing is changed. */
export async function recognise(
  {host, port}: {readonly host: string; readonly port: number},
  options: NodeTlsOptions | undefined,
  signal: AbortSignal,
): Promise<Wire> {
  const socket = options === undefined ? net.connect({host, port}) : tls.connect({...options, host, port})
  const stop = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])
  try {
    await once(socket, options === undefined ? 'connect' : 'secureConnect', {signal: stop})
    socket.write(GREETING)
    return await firstAnswer(socket, stop)
  } catch (error) {
    if (stop.aborted && !signal.aborted) return {speaks: 'silence'}
    throw error
  } finally {
    socket.destroy()
  }
}

async function firstAnswer(socket: net.Socket, signal: AbortSignal): Promise<Wire> {
  let seen = Buffer.alloc(0)
  do {
    const [chunk]: unknown[] = await Promise.race([
      once(socket, 'data', {signal}),
      once(socket, 'close', {signal}).then(() => []),
    ])
    if (!Buffer.isBuffer(chunk)) break
    seen = Buffer.concat([seen, chunk])
  } while (isPartialFrame(seen))
  return wireOf(seen)
}

/** A method frame: type 1, channel 0, 32-bit size. Server properties are a few hundred bytes; 64 KiB is no broker. */
function isPartialFrame(seen: Buffer): boolean {
  return seen[0] === 1 && seen.length < 65_536 && (seen.length < 7 || seen.length < 8 + seen.readUInt32BE(3))
}

/** First bytes, in hexadecimal. */
const STARTS: readonly (readonly [RegExp, Wire])[] = [
  // `AMQP`, protocol id 0, 2 (TLS) or 3 (SASL), version 1.0.0
  [/^414d51500[023]010000/, {speaks: 'amqp1'}],
  [/^414d5150/, {speaks: 'amqp-other'}],
  // An alert record of SSL 3 to TLS 1.3
  [/^1503/, {speaks: 'tls'}],
  // `HTTP/`, `<html`, `<!DOCTYPE`
  [/^(?:485454502f|3c68746d6c|3c21444f)/, {speaks: 'http'}],
  // `ERROR`, `CONNECTED`
  [/^(?:4552524f52|434f4e4e4543544544)(?:0d)?0a/, {speaks: 'stomp'}],
  // CONNACK
  [/^2002/, {speaks: 'mqtt'}],
  // WireFormatInfo, magic `ActiveMQ`
  [/^.{8}014163746976654d51/, {speaks: 'openwire'}],
]

export function wireOf(seen: Buffer): Wire {
  if (seen.length === 0) return {speaks: 'silence'}
  const text = seen.toString('hex', 0, 64)
  const [, wire] = STARTS.find(([pattern]) => pattern.test(text)) ?? []
  if (wire !== undefined) return wire
  // connection.start is class 10, method 10.
  const isStart =
    seen[0] === 1 && seen.length > 11 && seen.readUInt16BE(7) === 10 && seen.readUInt16BE(9) === 10
  if (!isStart) return {speaks: 'unknown'}
  return {
    speaks: 'amqp091',
    product: property(seen, 'product'),
    version: property(seen, 'version'),
    cluster: property(seen, 'cluster_name'),
  }
}

/** A long string of the server properties: short-string key, tag `S`, 32-bit length. '' when it is not there. */
function property(frame: Buffer, name: string): string {
  const key = Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.from('S')])
  const at = frame.indexOf(key)
  const start = at + key.length + 4
  if (at === -1 || start > frame.length) return ''
  return frame.subarray(start, start + frame.readUInt32BE(start - 4)).toString('utf8')
}
