import type {NotRead} from '../../model/inventory.ts'
import type {Queue} from './api.ts'
import type {Seen} from './estate.ts'

const LIVE = 'mqlift assess amqps://<user>@<host>/ (a user with the tag monitoring)'

interface Gap {
  readonly what: string
  readonly endpoint: string
  readonly command: string
  /** Any of these sections or lists fills the gap. */
  readonly filledBy: readonly string[]
}

/** What files cannot say, or did not (rabbitmq.md 1.7): unknown, never "none". */
const GAPS: readonly Gap[] = [
  {
    what: 'consumers: how they acknowledge, whether they are exclusive',
    endpoint: 'GET /api/consumers',
    command: 'rabbitmqctl --formatter json list_consumers > consumers.json',
    filledBy: ['consumers'],
  },
  {
    what: 'connections: which applications, libraries and protocols are in use',
    endpoint: 'GET /api/connections',
    command:
      'rabbitmqctl --formatter json list_connections name user vhost protocol client_properties peer_host ssl > connections.json',
    filledBy: ['connections'],
  },
  {what: 'nodes and plugins', endpoint: 'GET /api/nodes', command: LIVE, filledBy: ['nodes']},
  {
    what: 'links that run: shovels and federation, static shovels of the configuration file',
    endpoint: 'GET /api/shovels',
    command: LIVE,
    filledBy: ['shovels'],
  },
  {
    what: 'queues',
    endpoint: 'GET /api/queues',
    command: 'rabbitmqctl export_definitions definitions.json',
    filledBy: ['queues'],
  },
  {
    what: 'exchanges',
    endpoint: 'GET /api/exchanges',
    command: 'rabbitmqctl export_definitions definitions.json',
    filledBy: ['exchanges'],
  },
  {
    what: 'bindings',
    endpoint: 'GET /api/bindings',
    command: 'rabbitmqctl --formatter json list_bindings -p <vhost> > bindings.json',
    filledBy: ['bindings'],
  },
  {
    what: 'policies and operator policies',
    endpoint: 'GET /api/policies',
    command: 'rabbitmqctl --formatter json list_policies -p <vhost> > policies.json',
    filledBy: ['policies', 'parameters'],
  },
  {
    what: 'users',
    endpoint: 'GET /api/users',
    command: 'rabbitmqctl --formatter json list_users > users.json',
    filledBy: ['users'],
  },
  {
    what: 'permissions',
    endpoint: 'GET /api/permissions',
    command: 'rabbitmqctl --formatter json list_permissions -p <vhost> > permissions.json',
    filledBy: ['permissions'],
  },
]

const DEPTHS =
  'rabbitmqctl --formatter json list_queues -p <vhost> name type durable auto_delete exclusive arguments policy messages messages_ready messages_unacknowledged message_bytes consumers > queues.json'

export function notInFiles(
  sections: ReadonlySet<string>,
  queues: readonly Seen<Queue>[],
  files: string,
): NotRead[] {
  const missingRight = `a live broker, or a file that has it: ${files} does not`
  const gaps = GAPS.filter(({filledBy}) => !filledBy.some((section) => sections.has(section))).map(
    ({what, endpoint, command}) => ({what, endpoint, missingRight, command}),
  )
  const counted = queues.some(({item}) => item.messages !== undefined)
  const rated = queues.some(({item}) => item.message_stats !== undefined)
  return [
    ...(counted
      ? []
      : [
          {
            what: 'messages waiting and their size',
            endpoint: 'GET /api/queues',
            missingRight,
            command: DEPTHS,
          },
        ]),
    ...(rated ? [] : [{what: 'message rates', endpoint: 'GET /api/queues', missingRight, command: LIVE}]),
    ...gaps,
  ]
}
