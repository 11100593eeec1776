import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'

import {fromMarkdown} from 'mdast-util-from-markdown'
import {gfmFromMarkdown} from 'mdast-util-gfm'
import {gfm} from 'micromark-extension-gfm'
import {describe, expect, test} from 'vitest'

import {CRITERIA, WEIGHTS} from '../../src/criteria/index.ts'
import {DEMO_CONFIG, demoDecisions} from '../../src/demo/folder.ts'
import {DemoSource} from '../../src/demo/source.ts'
import type {Body} from '../../src/model/artefact.ts'
import {Config} from '../../src/model/decisions.ts'
import type {Client, Inventory, Observation} from '../../src/model/inventory.ts'
import type {Plan} from '../../src/model/plan.ts'
import {word} from '../../src/model/shell.ts'
import {PATTERNS} from '../../src/patterns/index.ts'
import {renderRunbook} from '../../src/report/runbook.ts'
import {permittedOn} from '../../src/routing/permitted.ts'
import {flowsOf} from '../../src/routing/switching.ts'
import {wavesOf} from '../../src/routing/waves.ts'
import {inspectRabbitmq} from '../../src/sources/rabbitmq/inspect.ts'
import {assess} from '../../src/stages/assess.ts'
import {plan} from '../../src/stages/plan.ts'
import {plan as toRabbitmq} from '../../src/targets/amazon-mq-rabbitmq/plan.ts'
import {parseYaml, yamlValue} from '../../src/workspace/yaml.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {bind, exchange, inventory, queue} from '../routing/estate.ts'
import {serveRecording} from '../sources/rabbitmq/recorded-broker.ts'
import {assessedAs, planned, PLANNERS} from '../stages/planned.ts'
import {HOSTILE} from './hostile.ts'

const {signal} = new AbortController()

async function runbook(from: Body<Inventory>, made: Body<Plan>, observation?: Observation): Promise<string> {
  const flows = flowsOf(made, from)
  const ids = flows.flatMap(({exchanges, queues}) => [...exchanges, ...queues])
  return renderRunbook({
    plan: made,
    inventory: from,
    observation,
    deployment: undefined,
    waves: wavesOf(flows),
    permitted: from.clients === null ? await permittedOn(ids, from) : null,
    dir: '/srv/move',
  })
}

interface Inspected {
  readonly inventory: Body<Inventory>
  readonly observations: readonly Observation[]
}

/** Planned as the commands would, for SQS and SNS. */
async function ofEstate({inventory: read, observations}: Inspected, config: Config): Promise<string> {
  // The recording is served from any free port, and read now.
  const found = {...read, broker: {...read.broker, address: 'amqps://rabbit.shop.example/'}}
  const observation = {at: '2026-11-24T08:00:00Z', destinations: observations.at(-1)?.destinations ?? {}}
  const assessment = assess(
    {inventory: found, observation},
    {preference: 'cloud-native', criteria: CRITERIA, patterns: PATTERNS, weights: WEIGHTS},
  )
  const decisions = demoDecisions('2026-11-24T08:00:00Z')
  const made = plan({inventory: found, observation, assessment, decisions, config}, PLANNERS)
  return runbook(found, made, observation)
}

const place = {account: '123456789012', region: 'eu-central-1'}

describe('two estates, two runbooks', () => {
  test('the demo estate, known from an export: nobody saw who uses it, rights say who could', async () => {
    await using source = await DemoSource.open(await tempFolder())
    const config = yamlValue(await parseYaml(DEMO_CONFIG, 'mqlift.yaml'), Config, 'mqlift.yaml')
    const text = await ofEstate(await source.inspect(signal), {...config, ...place})
    await expect(text).toMatchFileSnapshot('../../fixtures/runbook/demo.md')
    expect(text).toContain('By their rights, `ops`, `shop-api` may publish')
  })

  test('the recorded broker, with its connections: people, hosts and libraries', async () => {
    await using broker = await serveRecording()
    await using api = await broker.connect()
    const text = await ofEstate(await inspectRabbitmq(api, signal), Config.parse(place))
    await expect(text).toMatchFileSnapshot('../../fixtures/runbook/recorded.md')
    expect(text).toContain('| Does | Application | User | Hosts | Client library | Connections |')
  })
})

const client = (values: Partial<Client>): Client => ({
  vhost: '/',
  user: 'shop',
  name: 'checkout',
  product: 'RabbitMQ',
  version: '5.20.0',
  platform: 'Java',
  protocol: 'AMQP 0-9-1',
  tls: true,
  hosts: ['10.0.0.7'],
  connections: 2,
  consumes: [],
  publishes: [],
  ...values,
})

/** One flow in order, one without, one dead-letter queue of both; with the word in front of every name. */
function estate(before = '', clients: readonly Client[] | null = null): Body<Inventory> {
  const named = (name: string): string => `${before.toWellFormed()}${name}`
  const vhost = before === '' ? '/' : named('v')
  const of = (name: string, values = {}) => queue(named(name), values, vhost)
  const through = (name: string, type: string) => exchange(named(name), type, {}, vhost)
  return {
    ...inventory(
      [
        of('work', {deadLetterExchange: named('dlx')}),
        of('more', {maxPriority: 4}),
        of('sac', {singleActiveConsumer: true, deadLetterExchange: named('dlx')}),
        of('dead'),
        through('orders', 'topic'),
        through('dlx', 'fanout'),
        through('in-order', 'fanout'),
      ],
      [
        bind(named('orders'), named('work'), 'a.#', {}, vhost),
        bind(named('orders'), named('more'), 'b', {}, vhost),
        bind(named('in-order'), named('sac'), '', {}, vhost),
        bind(named('dlx'), named('dead'), '', {}, vhost),
      ],
    ),
    clients: clients === null ? null : [...clients],
  }
}

const madeFrom = (from: Body<Inventory>): Body<Plan> =>
  planned(from, {
    advise: ({facts}) =>
      facts.singleActiveConsumer && 'value' in facts.singleActiveConsumer && facts.singleActiveConsumer.value
        ? 'sqs-fifo'
        : undefined,
  })

const of = (from: Body<Inventory>): Promise<string> => runbook(from, madeFrom(from))

/** The lines of one flow. */
const flow = (text: string, title: string): string =>
  text
    .split(/^(?=### )/m)
    .find((part) => part.startsWith('### ') && (part.split('\n')[0] ?? '').includes(title)) ?? ''

test('without an order consumers switch first, with one producers stop first', async () => {
  const text = await of(estate())
  const titles = (title: string) =>
    [...flow(text, title).matchAll(/^\d\. \*\*(.*?)\.\*\*/gm)].map(([, step]) => step)
  expect(titles('`orders`')).toEqual([
    'Start the consumers of the targets',
    'Stop the consumers of the old queues',
    'Move what waits, and what still arrives',
    'Switch the producers to the targets',
    'Drain the old queues to the end',
    'Have it proved',
  ])
  expect(titles('`in-order`')).toEqual([
    'Stop the producers',
    'Stop the consumers of the old queues',
    'Move what waits',
    'Have it proved',
    'Start the consumers of the targets',
    'Switch the producers to the targets',
  ])
  expect(flow(text, '`orders`')).toContain(
    'Step 4: from then on producers send messages that the old side never had',
  )
  expect(flow(text, '`in-order`')).toContain('Step 5: from then on consumers of the targets process')
})

test('what takes the dead letters of several flows switches after them', async () => {
  const text = await of(estate())
  const number = (title: string) => /^### Flow ([\d.]+):/.exec(flow(text, title))?.[1] ?? ''
  expect(flow(text, '`dlx`')).toContain(
    `After flows ${[number('`in-order`'), number('`orders`')].join(', ')}: their dead letters come here.`,
  )
  expect(number('`dlx`')).toBe('3')
})

test('an application that works on two flows puts them into one window', async () => {
  const clients = [
    client({name: 'shipping', consumes: ['queue:%2F/work', 'queue:%2F/sac']}),
    client({name: 'checkout', publishes: ['exchange:%2F/orders']}),
  ]
  const text = await of(estate('', clients))
  expect(text).toContain('`shipping` works on the flows 1.1, 1.2: they switch together.')
  expect(flow(text, '`orders`')).toContain(
    '| publishes to `orders` | `checkout` | `shop` | `10.0.0.7` | `RabbitMQ 5.20.0` on `Java` | 2 |',
  )
  expect(flow(text, '`orders`')).toContain('By `checkout` (user `shop`).')
})

test('unnamed connections join nothing', async () => {
  const clients = [client({name: '', consumes: ['queue:%2F/work', 'queue:%2F/sac']})]
  expect(await of(estate('', clients))).not.toContain('they switch together')
})

test('what blocks is said with whoever must decide and the command to paste', async () => {
  const clients = [client({name: 'mailer', user: 'mail', consumes: ['queue:%2F/more']})]
  const text = flow(await of(estate('', clients)), '`orders`')
  expect(text).toMatch(/\*\*Blocks\*\*, to be accepted by `mailer` \(user `mail`\): `more` loses priority/)
  expect(text).toContain('`mqlift plan --accept=max-priority:queue:%2F/more`')
})

interface Node {
  readonly type: string
  readonly children?: readonly Node[]
}
const shape = (node: Node): unknown => [node.type, ...(node.children ?? []).map(shape)]
const structure = (text: string): unknown =>
  shape(fromMarkdown(text, {extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()]}))

function users(before: string): Client[] {
  const id = (kind: string, name: string) =>
    `${kind}:${encodeURIComponent(`${before}v`)}/${encodeURIComponent(`${before}${name}`)}`
  return [
    client({
      name: `${before}app`,
      user: `${before}user`,
      product: `${before}p`,
      hosts: [`${before}host`],
      consumes: [id('queue', 'work')],
      publishes: [id('exchange', 'orders')],
    }),
  ]
}

const hostile = (before: string): Promise<string> => of(estate(before, users(before)))

describe('no name changes the structure of the page', async () => {
  const harmless = structure(await hostile('x'))

  test.each(HOSTILE.filter((name) => name !== ''))('%j', async (before) => {
    expect(structure(await hostile(before.toWellFormed()))).toEqual(harmless)
  })
})

test.each(HOSTILE)('%j is one word of a shell', (name) => {
  const text = name.toWellFormed().replaceAll('\0', '')
  const said = execFileSync('bash', ['-c', `printf %s ${word(text)}`], {encoding: 'utf8'})
  expect(said).toBe(text)
  expect(word(name)).not.toMatch(/[\n`]/)
})

test('a topic that a tap feeds: subscribers first, and nothing has to come back before producers switch', async () => {
  const from = inventory([exchange('events', 'topic'), queue('stays')], [bind('events', 'stays', 'order.*')])
  const made = planned(from, {
    advise: ({kind}) => (kind === 'queue' ? 'stay' : undefined),
    config: {taps: ['//events']},
  })
  const text = await runbook(from, made)
  expect(flow(text, '`events`')).toContain('**Subscribers switch first**')
  expect(flow(text, '`events`')).toContain('It binds `mqlift.tap.events` to `events`')
  expect(flow(text, '`events`')).toContain(
    'mqlift migrate --bridge --only=queue:%2F/mqlift.tap.events --execute &',
  )
  expect(flow(text, '`events`')).not.toContain('mqlift rollback')
})

test('a broker as the target is asked itself, and messages come back from the archive', async () => {
  const from = inventory([queue('work')])
  const assessment = assessedAs(from, () => 'amazon-mq-rabbitmq')
  const config = Config.parse({
    brokers: {'amazon-mq-rabbitmq': {address: 'amqps://u@new.example', version: '4.2'}},
  })
  const made = plan({inventory: from, assessment, decisions: [], config}, [{plan: toRabbitmq}])
  const text = await runbook(from, made)
  expect(text).toContain('export MQ_MANAGEMENT=')
  expect(text).not.toContain('AWS_REGION')
  const steps = flow(text, '`work`')
  expect(steps).toContain('| `work` |')
  expect(steps).toContain('$MQ_MANAGEMENT/api/queues/%2F/work?columns=name,consumers,messages')
  expect(steps).not.toContain('aws ')
  expect(steps).toContain('mqlift rollback --only=queue:%2F/work --execute')
  expect(steps).not.toContain('--with-new')
})

test('a broker that does not exist yet is made first, and planned again', async () => {
  const from = inventory([queue('work')])
  const assessment = assessedAs(from, () => 'amazon-mq-rabbitmq')
  const made = plan({inventory: from, assessment, decisions: [], config: Config.parse({})}, [
    {plan: toRabbitmq},
  ])
  const text = await runbook(from, made)
  expect(text).toContain('The plan moves no queue')
  expect(text).toContain('**Make the broker.** By whoever runs the AWS account')
})

test('every command of ours exists, with its flags', () => {
  const surface = readFileSync(new URL('../commands/surface.txt', import.meta.url), 'utf8')
  const known = new Map(
    surface
      .trim()
      .split('\n')
      .map((line) => [line.replace(/ (?:\[|--).*/, ''), line]),
  )
  for (const name of ['demo', 'recorded']) {
    const text = readFileSync(new URL(`../../fixtures/runbook/${name}.md`, import.meta.url), 'utf8')
    const commands = [...text.matchAll(/^ *(mqlift .*?)(?: &)?$/gm), ...text.matchAll(/`(mqlift [^`]*)`/g)]
    expect(commands.length).toBeGreaterThan(50)
    for (const [, command = ''] of commands) {
      const [, verb = '', flags = ''] = /^mqlift ([a-z]+(?: [a-z]+)*)(.*)$/.exec(command) ?? []
      const line = known.get(verb)
      expect({command, exists: line !== undefined}).toEqual({command, exists: true})
      const unknown = [...flags.matchAll(/(?<= )--[a-z-]+/g)].filter(
        ([flag]) => !line?.split(' ').includes(flag),
      )
      expect({command, unknown}).toEqual({command, unknown: []})
    }
  }
})
