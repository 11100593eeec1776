import type {User} from '../../model/inventory.ts'
import type {Planning} from './planning.ts'
import {objectId, say} from './planning.ts'
import type {Definitions} from './steps.ts'

/** Amazon MQ, CreateUser and rabbitmq-basic-elements-user-management, read autumn 2026. */
const LEGAL_NAME = /^[A-Za-z0-9._-]{2,100}$/
/** AWS removes it from time to time, and refuses it. */
const GUEST = 'guest'
/** AWS monitors with it: overwriting it breaks the broker. */
const OF_AWS = 'monitoring-AWS-OWNED-DO-NOT-DELETE'

type Access = Pick<Definitions, 'users' | 'permissions' | 'parameters'>

/** Users without their password hashes, their permissions, and the limits of virtual hosts. */
export function accessOf(planning: Planning, vhosts: readonly string[]): Access {
  const {inventory} = planning.draft.context
  const here = new Set(vhosts)
  const permissions = (inventory.permissions ?? []).filter(({vhost}) => here.has(vhost))
  const wanted = new Set(permissions.map(({user}) => user))
  const users = (inventory.users ?? [])
    .filter(({name}) => wanted.has(name))
    .filter((user) => isUser(planning, user))
  const made = new Set(users.map(({name}) => name))
  if (users.length > 0) sayPasswords(planning, users)
  sayNotRead(planning)
  return {
    users: users.map(({name, tags}) => ({name, tags})),
    permissions: permissions.filter(({user}) => made.has(user)),
    parameters: limitsOf(planning, vhosts),
  }
}

function isUser(planning: Planning, {name}: User): boolean {
  const why = refusedName(name)
  if (why === null) return true
  say(planning, {
    subject: objectId('user', '', name),
    field: 'user',
    from: 'on the old broker, with its permissions',
    to: `not on the new one: ${why}`,
    undo: 'make a user of another name there, and give it the permissions',
  })
  return false
}

function refusedName(name: string): string | null {
  if (name === GUEST) return 'Amazon MQ refuses guest'
  if (name === OF_AWS) return 'AWS has made its own'
  return LEGAL_NAME.test(name)
    ? null
    : 'Amazon MQ takes 2 to 100 letters, digits, dots, dashes and underscores'
}

function sayPasswords(planning: Planning, users: readonly User[]): void {
  say(planning, {
    subject: `broker:${planning.broker.name}`,
    field: 'passwords',
    from: `${users.length} users with a password each`,
    to: `users without one, who cannot sign in yet: ${users.map(({name}) => name).join(', ')}. Give each a new password through the management API of the broker`,
    undo: 'none needed: hashes are never taken along',
  })
}

/** Not silent: what inspect does not read is not in the definitions either. */
function sayNotRead(planning: Planning): void {
  const {users, permissions, links} = planning.draft.context.inventory
  const notRead = [
    ...(users === null || permissions === null ? ['users and permissions'] : []),
    'topic permissions',
    'limits of users',
    'global parameters',
  ]
  say(planning, {
    subject: `broker:${planning.broker.name}`,
    field: 'not carried over',
    from: notRead.join(', '),
    to: 'none: inspect does not read them',
    undo: 'rabbitmqctl list_topic_permissions, list_user_limits and list_global_parameters show them: set them on the new broker',
  })
  for (const {kind, vhost, name} of links ?? [])
    say(planning, {
      subject: objectId(kind, vhost, name),
      field: kind,
      from: 'on the old broker',
      to: 'not on the new one: its address holds a password, which mqlift never keeps, and it would start at once',
      undo: 'make it again after the cut-over (dynamic shovels and federation are supported)',
    })
}

/** `vhost-limits` are parameters in a definitions file. */
function limitsOf({draft}: Planning, vhosts: readonly string[]): Access['parameters'] {
  return draft.context.inventory.vhosts
    .filter(({name, limits}) => vhosts.includes(name) && Object.keys(limits).length > 0)
    .map(({name, limits}) => ({component: 'vhost-limits', name: 'limits', vhost: name, value: limits}))
}
