import {createHash} from 'node:crypto'

import {AMAZON_MQ_ACTIVEMQ} from '../../facts/amazon-mq-activemq.ts'
import {parseId} from '../../model/id.ts'
import type {Permission} from '../../model/inventory.ts'
import {DEFAULT_EXCHANGE} from '../../routing/permitted.ts'
import {asBytes, compilePattern} from '../../routing/policy-pattern.ts'
import type {Draft} from '../plan-draft.ts'
import {addChange, addLoss, ask} from '../plan-draft.ts'
import type {BrokerUser, Right} from './steps.ts'

/** The mover signs in as a user of this group; it may write everywhere, and goes when the move is over. */
export const MOVER = 'mqlift'
/** Of those who may do everything; also the console's own group, without which it stops working (AWS, 2026-04). */
export const CONSOLE = 'activemq-webconsole'

interface Planned {
  readonly id: string
  readonly name: string
}

export interface Rights {
  readonly rights: Right[]
  readonly users: BrokerUser[]
}

/**
 * A group for each user of the source, and its rights on each destination as its permissions have them: read to consume,
 * write to publish, and configure to create. A queue is published to through the default exchange, so writing to it is
 * that exchange's right; the right to write to a queue is one to bind it. Passwords cannot be taken along: a hash is no
 * password.
 */
export function rightsOf(draft: Draft, queues: readonly Planned[], topics: readonly Planned[]): Rights {
  const {permissions} = draft.context.inventory
  if (permissions === null) return unread(draft)
  const vhosts = new Set([...queues, ...topics].map(({id}) => parseId(id).vhost))
  const own = permissions.filter(({vhost}) => vhosts.has(vhost))
  const rules = own.map((permission) => compiled(draft, permission))
  const rights = [
    ...queues.map((queue) => rightOn('queue', queue, rules)),
    ...topics.map((topic) => rightOn('topic', topic, rules)),
  ]
  const names = [...new Set(own.map(({user}) => user))].toSorted()
  for (const name of names) sayUser(draft, name)
  const users = [
    MOVING,
    ...names.map((name) => ({username: userName(name), groups: [userName(name)], for: name})),
  ]
  checkUsers(draft, users.length)
  return {rights, users}
}

const MOVING: BrokerUser = {username: MOVER, groups: [MOVER], for: 'the move, deleted after it'}

function unread(draft: Draft): Rights {
  addLoss(draft, {
    rule: 'permissions-unknown',
    subject: 'broker',
    field: 'permissions',
    change: 'widened',
    reason: 'users and permissions were not read: the group applications may do everything at the target',
  })
  const group = 'applications'
  const all: Right = {kind: 'queue', name: '>', read: [group], write: [group], admin: [group]}
  return {
    rights: [all, {...all, kind: 'topic'}],
    users: [MOVING, {username: group, groups: [group], for: 'all applications'}],
  }
}

function checkUsers(draft: Draft, count: number): void {
  const most = AMAZON_MQ_ACTIVEMQ.users.value
  if (count <= most) return
  ask(draft, {
    rule: 'activemq-users',
    subject: 'broker',
    question: `${count} users would be needed, that of the move among them, and a broker of Amazon MQ has ${most} at most: which applications will share one?`,
    choices: [],
    who: 'owners of the applications',
  })
}

interface Rule {
  readonly vhost: string
  readonly group: string
  readonly read: (name: string) => boolean
  readonly write: (name: string) => boolean
  readonly configure: (name: string) => boolean
}

function compiled(draft: Draft, permission: Permission): Rule {
  const matcher = (right: 'read' | 'write' | 'configure'): ((name: string) => boolean) => {
    const pattern = permission[right]
    // The empty pattern is none at all (rabbitmq.com/docs/access-control, read 2026-11-24).
    if (pattern === '') return () => false
    const found = compilePattern(pattern)
    if (found.by === 'linear') return (name) => found.matches(asBytes(name))
    addLoss(draft, {
      rule: 'permission-pattern',
      subject: 'broker',
      field: 'permissions',
      change: 'dropped',
      reason: `${right} ${pattern} of ${permission.user} in ${permission.vhost} could not be evaluated: give these rights by hand`,
    })
    return () => false
  }
  return {
    vhost: permission.vhost,
    group: userName(permission.user),
    read: matcher('read'),
    write: matcher('write'),
    configure: matcher('configure'),
  }
}

function rightOn(kind: Right['kind'], {id, name}: Planned, rules: readonly Rule[]): Right {
  const {vhost, name: original} = parseId(id)
  const there = rules.filter((rule) => rule.vhost === vhost)
  const groups = (may: (rule: Rule) => boolean): string[] =>
    [...new Set(there.filter(may).map(({group}) => group))].toSorted()
  const publishes = (rule: Rule): boolean => rule.write(kind === 'queue' ? DEFAULT_EXCHANGE : original)
  return {
    kind,
    name,
    read: groups((rule) => rule.read(original)),
    write: groups(publishes),
    // A broker creates a destination for whoever uses it first, and asks for admin then.
    admin: groups((rule) => rule.configure(original) || rule.read(original) || publishes(rule)),
  }
}

/** Of a user's and of a group's name (aws-targets.md E4). */
const LEAST_CHARACTERS = 2
const MOST_CHARACTERS = 100
/** They may do everything: a user of the source that happens to be called so must not become one of them. */
const OURS: ReadonlySet<string> = new Set([MOVER, CONSOLE])

/**
 * 2 to 100 letters, digits and `-._~`, and no two names become one. `~` begins the bytes of everything else, two digits
 * each. So `~` at the end is ours: it sets apart a name that is too short, or taken; `~~` and a hash end one that is too
 * long.
 */
export function userName(name: string): string {
  const plain = Array.from(name, (character) =>
    /^[A-Za-z0-9._-]$/.test(character)
      ? character
      : Array.from(Buffer.from(character), (byte) => `~${byte.toString(16).padStart(2, '0')}`).join(''),
  ).join('')
  if (plain.length > MOST_CHARACTERS) return `${plain.slice(0, 80)}~~${hashOf(name)}`
  return OURS.has(plain) ? `${plain}~` : plain.padEnd(LEAST_CHARACTERS, '~')
}

const hashOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 16)

function sayUser(draft: Draft, name: string): void {
  const to = userName(name)
  addChange(draft, {
    subject: `user:${name}`,
    field: 'user',
    change: 'mapped',
    from: `user ${name}`,
    to: `user and group ${to}, with a new password of 12 to 250 characters (target/activemq-users.json)`,
    undo: 'none needed',
  })
}
