import type {Envelope, Headers, Properties, Typed} from '../../src/model/envelope.ts'

/** What a case is about: the one thing that is looked for at the other end. */
export type Aspect =
  | {readonly of: 'property'; readonly name: keyof Properties}
  | {readonly of: 'header'; readonly name: string}
  /** All of them: their order, and whether each is there as often as it was sent. */
  | {readonly of: 'headers'}
  | {readonly of: 'body'}
  | {readonly of: 'exchange' | 'routingKey'}

export interface Case {
  readonly group: 'Body' | 'Properties' | 'Header types' | 'Header names' | 'Headers of RabbitMQ' | 'Address'
  readonly row: string
  readonly aspect: Aspect
  readonly properties: Properties
  readonly headers: Headers
  readonly body: Uint8Array
  /** Sent to a queue that dead-letters into the one that is read, so that RabbitMQ writes its own headers. */
  readonly dies?: boolean
}

type Content = Partial<Pick<Case, 'properties' | 'headers' | 'body' | 'dies'>>

let cases = 0

/** Every body is another one, so that a message is found again whatever became of the rest. */
function make(group: Case['group'], row: string, aspect: Aspect, content: Content = {}): Case {
  const body = content.body ?? Buffer.from(`case ${++cases}`)
  return {group, row, aspect, properties: {}, headers: [], ...content, body}
}

const property = (name: keyof Properties, properties: Properties, row = said(properties[name])): Case =>
  make('Properties', `${WIRE[name]} ${row}`, {of: 'property', name}, {properties})

const said = (value: unknown): string => (value === '' ? '(empty)' : `\`${String(value)}\``)

/** As the protocol calls them. */
const WIRE: Readonly<Record<keyof Properties, string>> = {
  contentType: '`content-type`',
  contentEncoding: '`content-encoding`',
  deliveryMode: '`delivery-mode`',
  priority: '`priority`',
  correlationId: '`correlation-id`',
  replyTo: '`reply-to`',
  expiration: '`expiration`',
  messageId: '`message-id`',
  timestamp: '`timestamp`',
  type: '`type`',
  userId: '`user-id`',
  appId: '`app-id`',
  clusterId: '`cluster-id`',
}

const header = (row: string, value: Typed): Case =>
  make('Header types', row, {of: 'header', name: 'h'}, {headers: [['h', value]]})

const named = (row: string, name: string): Case =>
  make('Header names', row, {of: 'header', name}, {headers: [[name, {t: 'S', v: 'value'}]]})

/** Headers 1, 2 … of these names. */
const several = (row: string, names: readonly string[]): Case =>
  make('Header names', row, {of: 'headers'}, {headers: names.map((name, at) => [name, {t: 'I', v: at + 1}])})

const body = (row: string, bytes: Uint8Array): Case => make('Body', row, {of: 'body'}, {body: bytes})

const MIB = 2 ** 20

export const CASES: readonly Case[] = [
  body('text', Buffer.from('grün')),
  body('JSON', Buffer.from('{"id":1}')),
  body('empty', new Uint8Array()),
  body('binary', Buffer.from([0xff, 0xfe, 0x80, 0x01])),
  body('text with NUL', Buffer.from('a\0b')),
  body('text with a control character', Buffer.from('a\u0001b')),
  body('text with U+FFFE', Buffer.from('a\uFFFEb')),
  body('emoji', Buffer.from('😀')),
  body('256 KiB less 4 KiB, text', Buffer.alloc(252 * 1024, 'x')),
  body('1 MiB less 4 KiB, text', Buffer.alloc(MIB - 4096, 'y')),
  body('1 MiB, text', Buffer.alloc(MIB, 'z')),
  body('1 MiB, binary', Buffer.alloc(MIB, 0xf5)),
  property('contentType', {contentType: 'application/json'}),
  property('contentType', {contentType: ''}),
  property('contentEncoding', {contentEncoding: 'gzip'}),
  property('deliveryMode', {deliveryMode: 1}),
  property('deliveryMode', {deliveryMode: 2}),
  property('priority', {priority: 0}),
  property('priority', {priority: 7}),
  property('priority', {priority: 255}),
  property('correlationId', {correlationId: 'c-1'}),
  property('replyTo', {replyTo: 'answers'}),
  property('expiration', {expiration: '86400000'}),
  property('messageId', {messageId: 'm-1'}),
  property('messageId', {messageId: '😀'}, 'with an emoji'),
  property('timestamp', {timestamp: 1_793_602_800n}),
  property('type', {type: 'order.created'}),
  property('userId', {userId: 'guest'}),
  property('appId', {appId: 'shop'}),
  property('clusterId', {clusterId: 'eu'}),
  header('`S` text', {t: 'S', v: 'value'}),
  header('`S` empty', {t: 'S', v: ''}),
  header('`S` with NUL', {t: 'S', v: 'a\0b'}),
  header('`S` with an emoji', {t: 'S', v: '😀'}),
  header('`S` not UTF-8', {t: 'S', v: Buffer.from([0xff, 0x61])}),
  header('`x` bytes', {t: 'x', v: Buffer.from([0, 255])}),
  header('`t` boolean', {t: 't', v: true}),
  header('`b` 8 bits', {t: 'b', v: -5}),
  header('`B` 8 bits, unsigned', {t: 'B', v: 250}),
  header('`s` 16 bits', {t: 's', v: -30_000}),
  header('`u` 16 bits, unsigned', {t: 'u', v: 60_000}),
  header('`I` 32 bits', {t: 'I', v: -2_000_000_000}),
  header('`i` 32 bits, unsigned', {t: 'i', v: 4_000_000_000}),
  header('`l` 64 bits', {t: 'l', v: 9_007_199_254_740_993n}),
  header('`L` 64 bits, as Celery writes them', {t: 'L', v: -9_007_199_254_740_993n}),
  header('`f` 32 bits, floating', {t: 'f', v: 1.5}),
  header('`d` 64 bits, floating', {t: 'd', v: 0.1}),
  header('`D` decimal', {t: 'D', v: {scale: 2, digits: 314}}),
  header('`T` timestamp', {t: 'T', v: 1_793_602_800n}),
  header('`V` nothing', {t: 'V', v: null}),
  header('`A` array', {
    t: 'A',
    v: [
      {t: 'S', v: 'one'},
      {t: 'I', v: 2},
    ],
  }),
  header('`F` table', {t: 'F', v: [['inner', {t: 'l', v: 1n}]]}),
  named('`x-tenant`', 'x-tenant'),
  named('with a space', 'two words'),
  named('`größe`', 'größe'),
  named('emoji', '😀'),
  named('`__proto__`', '__proto__'),
  named('`JMSType`', 'JMSType'),
  named('`AWS.Trace`', 'AWS.Trace'),
  named('`mqlift.own`', 'mqlift.own'),
  several('two, not in the order of the alphabet', ['second', 'first']),
  several('two of one name', ['twin', 'twin']),
  make(
    'Headers of RabbitMQ',
    '`CC`',
    {of: 'header', name: 'CC'},
    {
      headers: [['CC', {t: 'A', v: [{t: 'S', v: 'nowhere'}]}]],
    },
  ),
  make('Headers of RabbitMQ', '`x-death`', {of: 'header', name: 'x-death'}, {dies: true}),
  make(
    'Headers of RabbitMQ',
    '`x-first-death-reason`',
    {of: 'header', name: 'x-first-death-reason'},
    {
      dies: true,
    },
  ),
  make(
    'Headers of RabbitMQ',
    '`x-delivery-count`, sent by a client',
    {of: 'header', name: 'x-delivery-count'},
    {
      headers: [['x-delivery-count', {t: 'l', v: 3n}]],
    },
  ),
  make('Address', 'exchange', {of: 'exchange'}),
  make('Address', 'routing key', {of: 'routingKey'}),
]

/** The thing itself, in a message as it left the source. Undefined = it is not there. */
export function partOf({properties, headers, body: bytes, source}: Envelope, aspect: Aspect): unknown {
  if (aspect.of === 'property') return properties[aspect.name]
  if (aspect.of === 'header') return headers.find(([name]) => name === aspect.name)?.[1]
  if (aspect.of === 'headers') return headers
  return aspect.of === 'body' ? bytes : source[aspect.of]
}
