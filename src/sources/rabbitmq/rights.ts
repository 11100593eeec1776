import type {NotRead} from '../../model/inventory.ts'
import {word} from '../../model/shell.ts'
import {endpointOf} from '../../protocols/management.ts'
import type {Exchange, Vhost} from './api.ts'
import type {Asked} from './reader.ts'

const tag =
  (what: string, name: string) =>
  (user: string): Asked => ({
    what,
    right: `the tag ${name}`,
    command: `rabbitmqctl set_user_tags ${word(user)} ${name}`,
  })

/** Needs more than inspecting should have: a file made by the administrator is the better way. */
const fromFile = (what: string, name: string) => (): Asked => ({
  what,
  right: `the tag ${name}`,
  command: 'rabbitmqctl export_definitions definitions.json (and give that file to mqlift assess)',
})

const permitted =
  (what: string) =>
  (user: string): Asked => ({
    what,
    right: 'a permission on the virtual host, which may be empty',
    command: permissionCommand('<vhost>', user),
  })

const permissionCommand = (vhost: string, user: string): string =>
  `rabbitmqctl set_permissions -p ${word(vhost)} ${word(user)} '^$' '^$' '^$'`

/** Who may read what: rabbitmq.md 1.1, recorded with five users on 3.10.8. */
export const ASKED = {
  overview: tag('the broker', 'monitoring'),
  nodes: tag('nodes and plugins', 'monitoring'),
  vhosts: tag('virtual hosts', 'monitoring'),
  'other-vhosts': tag('virtual hosts on which the user has no permission', 'monitoring'),
  queues: permitted('queues'),
  exchanges: permitted('exchanges'),
  bindings: permitted('bindings'),
  policies: permitted('policies'),
  'operator-policies': permitted('operator policies'),
  'vhost-limits': permitted('limits of virtual hosts'),
  parameters: fromFile('parameters: shovels and federation as configured', 'policymaker'),
  consumers: tag('consumers of other users', 'monitoring'),
  connections: tag('connections of other users', 'monitoring'),
  publishers: () => ({
    what: 'which application publishes to which exchange',
    right: 'rates_mode detailed, and not too many channels',
    command: 'management.rates_mode = detailed in rabbitmq.conf, for as long as the inspection takes',
  }),
  shovels: () => ({
    what: 'shovels that run',
    right: 'the tag monitoring, and the plugin rabbitmq_shovel_management',
    command: 'rabbitmqctl --formatter json shovel_status > shovels.json',
  }),
  'federation-links': () => ({
    what: 'federation links that run',
    right: 'the tag monitoring, and the plugin rabbitmq_federation_management',
    command: 'rabbitmqctl --formatter json federation_status > federation.json',
  }),
  users: fromFile('users', 'administrator'),
  permissions: fromFile('permissions', 'administrator'),
} as const satisfies Record<string, (user: string) => Asked>
export type AskedName = keyof typeof ASKED

/**
 * Virtual hosts that exist while nothing of them was listed: the user has no permission there, and the broker
 * leaves them out without a word. Every virtual host has predeclared exchanges, so one without is invisible.
 */
export function notReadVhosts(
  vhosts: readonly Vhost[],
  exchanges: readonly Exchange[],
  user: string,
): NotRead[] {
  const seen = new Set(exchanges.map(({vhost}) => vhost))
  return vhosts
    .filter(({name}) => !seen.has(name))
    .map(({name}) => ({
      what: `virtual host ${name}: its queues, exchanges, bindings and policies`,
      endpoint: endpointOf(['queues', name]),
      missingRight: `a permission on virtual host ${name}, which may be empty`,
      command: permissionCommand(name, user),
    }))
}
