import type {Envelope, Typed} from '../../src/model/envelope.ts'
import type {JavaValue, ReadByJava} from '../brokers/amqp-java.ts'
import {type Case, partOf} from './corpus.ts'
import {isEqual} from './equal.ts'
import type {Arrived, Cell} from './routes.ts'

/** Through RabbitMQ's own Java client, with the Java types it gives. */
export const arrivedInJava = (message: ReadByJava): Arrived => ({
  body: bytesOf(message.body),
  // Nothing is wrapped up on the way to RabbitMQ.
  decoded: null,
  look: ({aspect}, sent) => lookFor(message, aspect, sent),
})

function lookFor(message: ReadByJava, aspect: Case['aspect'], sent: Envelope): Cell {
  const wanted = partOf(sent, aspect)
  if (aspect.of === 'headers') return headersIn(message, sent)
  const found = foundIn(message, aspect)
  return found !== undefined && isEqual(plainJava(found), plainWanted(wanted, aspect))
    ? `kept: ${typeOf(found)}`
    : 'lost'
}

function foundIn(
  message: ReadByJava,
  aspect: Exclude<Case['aspect'], {of: 'headers'}>,
): JavaValue | undefined {
  if (aspect.of === 'property') return message.properties[aspect.name]
  if (aspect.of === 'header') return new Map(entriesOf(message.headers)).get(aspect.name)
  return message[aspect.of]
}

/** A map has no order, and each name once. */
function headersIn({headers: found}: ReadByJava, {headers}: Envelope): Cell {
  if (isEqual(plainJava(found), plainTyped({t: 'F', v: headers}))) return 'kept: Map, in no order'
  const first = headers.filter(([name], at) => headers.findIndex(([other]) => other === name) === at)
  return isEqual(plainJava(found), plainTyped({t: 'F', v: first})) ? 'lost: all but the first' : 'lost'
}

function entriesOf(value: JavaValue): readonly (readonly [string, JavaValue])[] {
  return value.type === 'Map' ? value.entries : []
}

const bytesOf = (value: JavaValue): Uint8Array => Buffer.from('bytes' in value ? value.bytes : '', 'base64')

/** `List of LongString, Integer`: a level deep, each type once. */
function typeOf(value: JavaValue): string {
  if (value.type === 'List') return `List of ${typesOf(value.items)}`
  return value.type === 'Map' ? `Map of ${typesOf(value.entries.map(([, one]) => one))}` : value.type
}

const typesOf = (values: readonly JavaValue[]): string =>
  [...new Set(values.map(({type}) => type))].toSorted().join(', ')

/** Both sides in one form: bytes as base64, numbers as text, a time in seconds, a map by name. */
function plainJava(value: JavaValue): unknown {
  if ('items' in value) return value.items.map(plainJava)
  if ('entries' in value) return byName(value.entries.map(([name, one]) => [name, plainJava(one)]))
  if ('bytes' in value) return {bytes: value.bytes}
  if (value.type === 'null') return null
  if (value.type === 'Date') return String(BigInt(value.text) / 1000n)
  return value.type === 'Float' || value.type === 'Double' ? String(Number(value.text)) : value.text
}

function plainWanted(wanted: unknown, {of}: Case['aspect']): unknown {
  if (of === 'header') return plainTyped(wanted as Typed)
  return wanted instanceof Uint8Array ? bytes(wanted) : String(wanted)
}

function plainTyped(value: Typed): unknown {
  if (value.t === 'S' || value.t === 'x') return bytes(value.v)
  if (value.t === 'A') return value.v.map(plainTyped)
  if (value.t === 'F') return byName(value.v.map(([name, one]) => [name, plainTyped(one)]))
  if (value.t === 'D') return String(value.v.digits / 10 ** value.v.scale)
  return value.t === 'V' ? null : String(value.v)
}

const bytes = (value: string | Uint8Array): unknown => ({bytes: Buffer.from(value).toString('base64')})

const byName = (entries: readonly (readonly [string, unknown])[]): unknown =>
  entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
