import type {Client} from '../model/inventory.ts'
import type {Flow, Party} from '../model/switching.ts'
import {code, markdown, table} from './escape.ts'
import type {Book} from './runbook-input.ts'
import {count, names} from './words.ts'

const MOST_HOSTS = 5
const MOST_USERS = 5

/** Applications by user, connection name, host and library, as far as the broker knew them. */
export function whoLines(flow: Flow, book: Book): string[] {
  if (book.inventory.clients === null) return [unknown(book), ...byRights(flow, book)]
  const rows = [
    ...flow.producers.map((party) => row('publishes to', party, book)),
    ...flow.consumers.map((party) => row('consumes', party, book)),
  ]
  return [
    ...(rows.length === 0
      ? []
      : [...table(['Does', 'Application', 'User', 'Hosts', 'Client library', 'Connections'], rows), '']),
    ...unseen(flow),
  ]
}

function row(does: string, {client, touches}: Party, {name}: Book): string[] {
  const {user, connections} = client
  return [
    `${does} ${names(touches, name)}`,
    applicationOf(client),
    code(user),
    hosts(client),
    library(client),
    count(connections),
  ]
}

export const applicationOf = ({name}: Client): string => (name === '' ? '(no connection name)' : code(name))

function hosts({hosts: all}: Client): string {
  if (all.length === 0) return 'not known'
  const more = all.length > MOST_HOSTS ? ` and ${count(all.length - MOST_HOSTS)} more` : ''
  return all.slice(0, MOST_HOSTS).map(code).join(', ') + more
}

function library({product, version, platform}: Client): string {
  const words = [product, version].filter((text) => text !== '').join(' ')
  if (words === '') return 'did not say'
  return code(words) + (platform === '' || platform === product ? '' : ` on ${code(platform)}`)
}

function unseen({producers, consumers}: Flow): string[] {
  const sides = [
    ...(producers.length === 0 ? ['publishing'] : []),
    ...(consumers.length === 0 ? ['consuming'] : []),
  ]
  if (sides.length === 0) return []
  return [
    `Nobody was seen ${sides.join(' or ')} when the estate was read. Whoever runs only now and then was not seen: ask before the switch.`,
  ]
}

const unknown = ({inventory}: Book): string => {
  const why = inventory.notRead.find(({endpoint}) => endpoint.includes('/api/connections'))
  const remedy = why === undefined ? '' : ` It takes ${markdown(why.missingRight)}: ${code(why.command)}.`
  return `Who uses it is not known: the connections could not be read.${remedy}`
}

/** Who could: better than nothing for an estate that is known from an export. */
function byRights({exchanges, queues}: Flow, {permitted}: Book): string[] {
  if (permitted === null) return []
  const publish = union(exchanges, permitted.publish)
  const consume = union(queues, permitted.consume)
  return [`By their rights, ${users(publish)} may publish and ${users(consume)} may consume.`]
}

const union = (ids: readonly string[], by: ReadonlyMap<string, readonly string[]>): string[] =>
  [...new Set(ids.flatMap((id) => by.get(id) ?? []))].toSorted()

function users(all: readonly string[]): string {
  if (all.length === 0) return 'nobody'
  const more = all.length > MOST_USERS ? ` and ${count(all.length - MOST_USERS)} more users` : ''
  return all.slice(0, MOST_USERS).map(code).join(', ') + more
}

/** In a sentence: whom to ask. */
export function whose(parties: readonly Party[], otherwise: string): string {
  const owners = [...new Set(parties.map(({client}) => ownerOf(client)))]
  if (owners.length === 0) return otherwise
  const more = owners.length > MOST_USERS ? ` and ${count(owners.length - MOST_USERS)} more` : ''
  return owners.slice(0, MOST_USERS).join(', ') + more
}

const ownerOf = (client: Client): string =>
  client.name === ''
    ? `an unnamed application of user ${code(client.user)}`
    : `${code(client.name)} (user ${code(client.user)})`
