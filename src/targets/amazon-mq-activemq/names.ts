import {MqliftError} from '../../errors.ts'
import {parseId} from '../../model/id.ts'
import type {PlanContext} from '../target.ts'
import {isXmlText} from './xml-text.ts'

/**
 * A name of ActiveMQ says more than a name: `,` joins several, `*` and `>` are wildcards, `?` begins options, blanks
 * around it are cut off. Everything but ASCII letters, digits, `.`, `_` and `-` is written as %XX, byte by byte, so that
 * two names never become one and each can be read back. `.` stays: it separates words there as it does in routing keys.
 *
 * The names of virtual host `/` stay as they are; those of others get theirs in front, with a slash, which no name has
 * otherwise. A name depends on nothing else, so no later plan renames it.
 */
export function targetName(vhost: string, name: string): string {
  return vhost === '/' ? unreserved(encoded(name)) : `${encoded(vhost)}/${encoded(name)}`
}

function encoded(name: string): string {
  return Array.from(name, (character) => (PLAIN.test(character) ? character : bytesOf(character))).join('')
}

const PLAIN = /^[A-Za-z0-9._-]$/

function bytesOf(character: string): string {
  const code = character.charCodeAt(0)
  // A byte that is no UTF-8 (model/envelope.ts): as itself.
  const bytes =
    character.length === 1 && code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : Buffer.from(character)
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')
}

/** Names that mean something to the broker: advisories, statistics, virtual topics and their queues, our dead letters. */
const RESERVED = /^(ActiveMQ|VirtualTopic|Consumer|DLQ)\./

const unreserved = (name: string): string => name.replace(RESERVED, '$1%2E')

/** Of queues and of topics, which do not meet. */
export function nameAll(ids: readonly string[], context: PlanContext): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Map<string, string>()
  for (const id of ids) {
    const name = nameOf(id, context)
    const key = `${id.startsWith('exchange:') ? 'topic' : 'queue'}:${name}`
    const other = taken.get(key)
    if (other !== undefined) throw unusable(id, `${name} is the name of ${other}, too`)
    taken.set(key, id)
    names.set(id, name)
  }
  return names
}

function nameOf(id: string, {config}: PlanContext): string {
  const {vhost, name} = parseId(id)
  const wanted = ownEntry(config.names, id) ?? ownEntry(config.names, `${vhost}/${name}`)
  if (wanted === undefined) return config.prefix + targetName(vhost, name)
  if (wanted === '' || wanted !== wanted.trim() || /[,*>?]/.test(wanted) || !isXmlText(wanted))
    throw unusable(
      id,
      `${wanted} holds a character that ActiveMQ does not take for itself (, * > ? a blank around it, or a control character)`,
    )
  return wanted
}

const ownEntry = (names: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(names, key) ? names[key] : undefined

const unusable = (id: string, because: string): MqliftError =>
  new MqliftError('input', `a name cannot be used: ${because} (${id})`, {
    suggestions: [`names: in mqlift.yaml: ${id}: another name`],
  })
