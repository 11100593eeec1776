import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {valueOf} from '../../../src/model/facts.ts'
import {type Destination, Inventory} from '../../../src/model/inventory.ts'
import {openSource} from '../../../src/sources/index.ts'
import type {Inspected} from '../../../src/sources/rabbitmq/build-inventory.ts'
import {tempFolder} from '../../helpers/temp-folder.ts'
import {fixture, recorded} from './recorded-broker.ts'

const options = {tls: {caOnly: false, insecure: false}, allowPlaintext: false, connectionName: 'test'}
const signal = new AbortController().signal

async function inspectFiles(paths: readonly string[], said: string[] = []): Promise<Inspected> {
  await using source = await openSource(paths, {...options, onNotice: (text) => said.push(text)})
  return await source.inspect(signal)
}

/** Files by name and content; `file#vhost` names the virtual host. */
async function inspectTexts(texts: Record<string, unknown>, said: string[] = []): Promise<Inspected> {
  const folder = await tempFolder()
  const paths: string[] = []
  for (const [name, content] of Object.entries(texts)) {
    const path = join(folder, name.split('#')[0] ?? '')
    await writeFile(
      path,
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
    )
    paths.push(join(folder, name))
  }
  return inspectFiles(paths, said)
}

const find = ({inventory}: Inspected, id: string): Destination | undefined =>
  inventory.destinations.find((destination) => destination.id === id)
const queues = ({inventory}: Inspected): Destination[] =>
  inventory.destinations.filter(({kind}) => kind !== 'exchange')
const rules = ({inventory}: Inspected): string[] => inventory.notices.map(({rule}) => rule)
const because = ({inventory}: Inspected, rule: string): string =>
  inventory.notices.find((notice) => notice.rule === rule)?.because ?? ''

const queue = (
  name: string,
  args: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): object => ({
  name,
  vhost: '/',
  durable: true,
  auto_delete: false,
  arguments: args,
  ...more,
})

describe('the three export flavours', () => {
  test('the HTTP export gives the whole structure', async () => {
    const inspected = await inspectFiles([fixture('recorded-3.10.8/definitions.json')])
    const {inventory, observations} = inspected
    expect(queues(inspected)).toHaveLength(46)
    expect(inventory.bindings).toHaveLength(31)
    expect(inventory.users).toHaveLength(9)
    expect(inventory.policies.map(({name, operator}) => [name, operator])).toContainEqual(['cap-all', true])
    expect(inventory.vhosts.find(({name}) => name === 'r_shop')?.limits).toMatchObject({'max-queues': 500})
    expect(observations).toEqual([])
    expect(
      Inventory.safeParse({kind: 'mqlift/inventory', version: 1, inputs: {}, ...inventory}).error,
    ).toBeUndefined()
  })

  test('the export of rabbitmqctl lacks internal exchanges, which is said', async () => {
    const inspected = await inspectFiles([fixture('recorded-3.10.8/definitions-ctl.json')])
    expect(find(inspected, 'exchange:r_shop/audit')).toBeUndefined()
    expect(because(inspected, 'exchanges-missing')).toContain('audit')
  })

  test('the export of one virtual host takes its name from what has one', async () => {
    const inspected = await inspectFiles([fixture('recorded-3.10.8/definitions-vhost.json')])
    expect(new Set(queues(inspected).map(({vhost}) => vhost))).toEqual(new Set(['r_shop']))
    expect(rules(inspected)).not.toContain('vhost-assumed')
  })

  test('the export of one virtual host of 4.x says its name', async () => {
    const inspected = await inspectTexts({
      'a.json': {
        rabbitmq_version: '4.0.5',
        original_vhost_name: 'shop',
        default_queue_type: 'quorum',
        limits: {'max-connections': 9},
        queues: [{name: 'q', durable: true, auto_delete: false, arguments: {}}],
      },
    })
    expect(find(inspected, 'queue:shop/q')).toBeDefined()
  })

  test('all three agree about every queue they share', async () => {
    const [http, ctl] = await Promise.all([
      inspectFiles([fixture('recorded-3.10.8/definitions.json')]),
      inspectFiles([fixture('recorded-3.10.8/definitions-ctl.json')]),
    ])
    for (const {id, facts} of queues(ctl))
      expect([id, values(facts)]).toEqual([id, values(find(http, id)?.facts)])
  })
})

const values = (facts: object | undefined): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts ?? {}).map(([name, fact]: [string, object]) => [
      name,
      {...fact, evidence: undefined},
    ]),
  )

test('what we work out from definitions is what the broker applied', async () => {
  const offline = await inspectFiles([fixture('recorded-3.10.8/definitions.json')])
  const live = await inspectFiles(
    ['overview', 'vhosts', 'queues', 'exchanges', 'bindings', 'policies', 'operator-policies'].map((name) =>
      fixture(`recorded-3.10.8/${name}.json`),
    ),
  )
  const compared = queues(offline).map(({id, facts}) => {
    const told = find(live, id)?.facts
    return {id, differing: Object.keys(facts).filter((name) => told && !same(facts, told, name))}
  })
  expect(compared.length).toBeGreaterThan(40)
  expect(compared.filter(({differing}) => differing.length > 0)).toEqual([])
})

const same = (one: object, other: object, name: string): boolean =>
  JSON.stringify(values(one)[name]) === JSON.stringify(values(other)[name])

test('recorded answers give numbers, with the time of the file', async () => {
  const inspected = await inspectFiles([
    fixture('recorded-3.10.8/queues.json'),
    fixture('recorded-3.10.8/consumers.json'),
  ])
  const [reading] = inspected.observations
  expect(Date.parse(reading?.at ?? '')).toBeGreaterThan(0)
  const total = Object.values(reading?.destinations ?? {}).reduce(
    (sum, {messages}) => sum + (valueOf(messages) ?? 0),
    0,
  )
  const expected = (recorded('queues') as unknown as {messages?: number}[]).reduce(
    (sum, {messages = 0}) => sum + messages,
    0,
  )
  expect(total).toBe(expected)
  expect(
    Object.values(reading?.destinations ?? {}).some(({autoAckConsumers: auto}) => (valueOf(auto) ?? 0) > 0),
  ).toBe(true)
})

test('a paged answer and an answer with its status are taken apart', async () => {
  const paged = await inspectFiles([fixture('recorded-3.10.8/queues-paged.json')])
  expect(queues(paged).length).toBeGreaterThan(0)
  const wrapped = await inspectFiles([fixture('recorded-3.10.8/disabled-stats/queues.json')])
  expect(queues(wrapped).length).toBeGreaterThan(0)
})

const renamed = (id: string): string => id.replace(':a_shop/', ':r_shop/')

test('lists of rabbitmqctl are an estate together', async () => {
  const lists = [
    'queues',
    'exchanges',
    'bindings',
    'policies',
    'parameters',
    'permissions',
    'users',
    'vhosts',
    'vhost_limits',
  ]
  const inspected = await inspectFiles(
    lists.map((name) => `${fixture(`rabbitmqctl-3.10.8/${name}.json`)}#a_shop`),
  )
  const reference = await inspectFiles([fixture('recorded-3.10.8/definitions.json')])
  for (const {id, facts} of queues(inspected)) {
    const known = find(reference, renamed(id))
    expect([
      id,
      valueOf(facts.deadLetterExchange),
      valueOf(facts.messageTtl),
      valueOf(facts.maxLength),
    ]).toEqual([
      id,
      valueOf(known?.facts.deadLetterExchange),
      valueOf(known?.facts.messageTtl),
      valueOf(known?.facts.maxLength),
    ])
  }
  expect(queues(inspected).length).toBeGreaterThan(30)
  expect(inspected.inventory.users?.map(({name}) => name)).toContain('a_monitor')
  expect(inspected.inventory.vhosts.find(({name}) => name === 'a_shop')?.limits).toMatchObject({
    'max-queues': 500,
  })
  expect(inspected.inventory.notices.filter(({rule}) => rule === 'defined-twice')).toEqual([])
})

test('a list with few columns leaves the rest unknown', async () => {
  const inspected = await inspectFiles([
    `${fixture('rabbitmqctl-3.10.8/queues-default-columns.json')}#a_shop`,
  ])
  const [first] = queues(inspected)
  expect(first?.facts.durable).toBeUndefined()
  expect(first?.facts.messageTtl).toBeUndefined()
  expect(first?.facts.exclusive).toBeUndefined()
  expect(inspected.inventory.notRead.map(({what}) => what)).toContain('policies and operator policies')
})

describe('several files', () => {
  test('are one estate; the same queue twice with other settings is said', async () => {
    const inspected = await inspectTexts({
      'a.json': {queues: [queue('same', {'x-max-length': 1}), queue('only-a')]},
      'b.json': {queues: [queue('same', {'x-max-length': 2}, {durable: false}), queue('only-b')]},
    })
    expect(queues(inspected).map(({name}) => name)).toEqual(['only-a', 'only-b', 'same'])
    expect(inspected.inventory.notices).toContainEqual({
      rule: 'defined-twice',
      subjects: ['queue:%2F/same'],
      because: expect.stringMatching(
        /durable true and false; arguments \{"x-max-length":1\} and \{"x-max-length":2\}/,
      ),
      evidence: ['a.json → queues[0]', 'b.json → queues[0]'],
    })
    expect(valueOf(find(inspected, 'queue:%2F/same')?.facts.maxLength)).toBe(1)
  })

  test('that agree are no notice, whatever the order of their keys', async () => {
    const inspected = await inspectTexts({
      'a.json': {queues: [queue('same', {'x-max-length': 1, 'x-expires': 5})]},
      'b.json': {queues: [queue('same', {'x-expires': 5, 'x-max-length': 1})]},
    })
    expect(rules(inspected)).not.toContain('defined-twice')
  })

  test('complete each other, and each number says which file it is from', async () => {
    const inspected = await inspectTexts({
      'definitions.json': {rabbit_version: '3.10.8', queues: [queue('q')], policies: []},
      'queues.json': [{name: 'q', vhost: '/', messages: 7, consumers: 1, state: 'running'}],
    })
    expect(find(inspected, 'queue:%2F/q')?.facts.durable).toEqual({
      value: true,
      evidence: 'definitions.json → queues[0].durable',
    })
    expect(inspected.observations[0]?.destinations['queue:%2F/q']?.messages).toEqual({
      value: 7,
      evidence: 'queues.json → [0].messages',
    })
  })

  test('of unnamed virtual hosts stay apart, and it is said', async () => {
    const unnamed = {queues: [{name: 'q', durable: true, auto_delete: false, arguments: {}}]}
    const one = await inspectTexts({'shop.json': unnamed})
    expect(find(one, 'queue:%2F/q')).toBeDefined()
    expect(because(one, 'vhost-assumed')).toContain('shop.json#<vhost>')
    const two = await inspectTexts({'shop.json': unnamed, 'iot.json': unnamed})
    expect(queues(two).map(({id}) => id)).toEqual(['queue:iot/q', 'queue:shop/q'])
    const named = await inspectTexts({'shop.json#web/α': unnamed})
    expect(queues(named).map(({vhost}) => vhost)).toEqual(['web/α'])
    expect(rules(named)).not.toContain('vhost-assumed')
  })
})

describe('files as people have them', () => {
  const body =
    '"queues": [{"name": "q", "vhost": "/", "durable": true, "auto_delete": false, "arguments": {}}]'

  test.each([
    ['a byte order mark', `\u{FEFF}{${body}}`],
    ['comments', `{ // queues\n # all of them\n /* really */ ${body}}`],
    ['trailing commas', `{${body.replace('{}}]', '{},},],')}}`],
    ['lines before the JSON', `Exporting definitions to standard output ...\n{${body}}`],
    ['UTF-16, as PowerShell writes it', Buffer.from(`\u{FEFF}{${body}}`, 'utf16le')],
  ])('%s are repaired, and it is said', async (repair, text) => {
    const said: string[] = []
    const inspected = await inspectTexts({'d.json': text}, said)
    expect(queues(inspected)).toHaveLength(1)
    expect(because(inspected, 'file-repaired')).toContain(repair)
    expect(said).toEqual([expect.stringContaining(repair)])
  })

  test('a comment inside a text is none', async () => {
    const inspected = await inspectTexts({'d.json': `{"queues": [${JSON.stringify(queue('a//b #c'))},]}`})
    expect(queues(inspected)[0]?.name).toBe('a//b #c')
  })

  test('templates keep what was not filled in, quoted or not', async () => {
    const inspected = await inspectTexts({
      'd.json': `{"queues": [
        {"name": "\${ENV}.orders", "vhost": "/", "durable": \${DURABLE}, "auto_delete": "{{ auto }}",
         "arguments": {"x-message-ttl": \${TTL}, "x-dead-letter-exchange": "\${DLX}", "x-single-active-consumer": {{ sac }}}}]}`,
    })
    const facts = queues(inspected)[0]?.facts
    expect(facts).toMatchObject({
      durable: {unresolved: '${DURABLE}'},
      autoDelete: {unresolved: '{{ auto }}'},
      messageTtl: {unresolved: '${TTL}'},
      deadLetterExchange: {unresolved: '${DLX}'},
      singleActiveConsumer: {unresolved: '{{ sac }}'},
    })
    expect(because(inspected, 'unresolved-placeholders')).toContain('${ENV}')
  })

  test('a key of any name stays a key', async () => {
    const inspected = await inspectTexts({
      'd.json':
        '{"queues": [{"name": "__proto__", "vhost": "/", "arguments": {"__proto__": {"polluted": true}}}],}',
    })
    expect(queues(inspected)[0]?.name).toBe('__proto__')
    expect(({} as {polluted?: unknown}).polluted).toBeUndefined()
  })
})

describe('unreadable files', () => {
  test.each([
    ['d.json', '{"queues": [\n  {"name" "q"}\n]}', 2, 11],
    ['d.json', '{"queues": [}', 1, 13],
    ['d.json', '{"a": 1} x', 1, 10],
    ['d.json', '{"a": tru}', 1, 7],
    ['d.json', '{"a": "b\n"}', 1, 7],
    ['d.json', '{"a": /* b', 1, 7],
    ['d.json', '{"queues": [\n{% for q in queues %}\n]}', 2, 1],
    ['d.json', '['.repeat(100_000), 1, 201],
  ])('%s %j is refused at line and column', async (name, text, line, column) => {
    await expect(inspectTexts({[name]: text})).rejects.toMatchObject({
      kind: 'input',
      file: expect.stringContaining(name),
      line,
      column,
      message: expect.stringMatching(/: expected .+, found /),
      suggestions: expect.arrayContaining([expect.stringContaining('rabbitmqctl')]),
    })
  })

  test.each([
    ['', 'is empty'],
    ['<beans/>', 'is XML'],
    [Buffer.from([0x1f, 0x8b, 8, 0]), 'is compressed'],
    [Buffer.from([0xff, 0xfe, 0xfd].toReversed()), 'is not UTF-8'],
    ['{"name": "mqlift", "version": "1"}', 'is JSON but not'],
    ['[1, 2]', 'is JSON but not'],
    ['"text"', 'is JSON but not'],
    ['{"queues": [{"durable": true}]}', 'queues[0].name'],
    ['{"queues": [], "bindings": [{"source": 5, "destination": "q"}]}', 'bindings[0].source'],
  ])('%j is refused with what was expected', async (text, words) => {
    await expect(inspectTexts({'d.json': text})).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringContaining(words),
    })
  })

  test('a file that is not there is input, a broker beside a file is usage', async () => {
    await expect(openSource(['/nowhere/d.json'], options)).rejects.toMatchObject({kind: 'input'})
    await expect(openSource([fixture('recorded-3.10.8')], options)).rejects.toMatchObject({kind: 'input'})
    await expect(openSource(['a.json', 'amqps://h/'], options)).rejects.toMatchObject({kind: 'usage'})
    await expect(openSource([], options)).rejects.toMatchObject({kind: 'usage'})
    await expect(openSource(['kafka://h/'], options)).rejects.toMatchObject({kind: 'usage'})
  })
})

test('what an export cannot say is listed, and is unknown in every fact', async () => {
  const {inventory, observations} = await inspectFiles([fixture('recorded-3.10.8/definitions.json')])
  expect(inventory.notRead.map(({what}) => what)).toEqual(
    expect.arrayContaining([
      'messages waiting and their size',
      'message rates',
      expect.stringMatching(/^consumers/),
      expect.stringMatching(/^connections/),
    ]),
  )
  expect(inventory.clients).toBeNull()
  expect(observations).toEqual([])
  expect(inventory.broker).toMatchObject({plugins: null, exchangeTypes: null, statistics: null})
})

test('predeclared exchanges are there when something uses them, the default one never', async () => {
  const inspected = await inspectTexts({
    'd.json': {
      queues: [queue('q', {'x-dead-letter-exchange': 'amq.fanout'})],
      exchanges: [],
      bindings: [
        {
          source: 'amq.topic',
          vhost: '/',
          destination: 'q',
          destination_type: 'queue',
          routing_key: '#',
          arguments: {},
        },
        {
          source: '',
          vhost: '/',
          destination: 'q',
          destination_type: 'queue',
          routing_key: 'q',
          arguments: {},
        },
      ],
    },
  })
  const exchanges = inspected.inventory.destinations.filter(({kind}) => kind === 'exchange')
  expect(exchanges.map(({name, facts}) => [name, valueOf(facts.type)])).toEqual([
    ['amq.fanout', 'fanout'],
    ['amq.topic', 'topic'],
  ])
  expect(inspected.inventory.bindings).toHaveLength(1)
})

const policy = (name: string, pattern: string, definition: object, more: object = {}): object => ({
  name,
  vhost: '/',
  pattern,
  'apply-to': 'queues',
  definition,
  priority: 0,
  ...more,
})

describe('policies', () => {
  test('a tie leaves what it decides unknown, and is said', async () => {
    const inspected = await inspectTexts({
      'd.json': {
        rabbit_version: '3.10.8',
        queues: [queue('q')],
        policies: [policy('a', '.*', {'max-length': 1}), policy('b', '^q', {'max-length': 2})],
      },
    })
    expect(find(inspected, 'queue:%2F/q')?.facts.maxLength).toBeUndefined()
    expect(because(inspected, 'policy-tie')).toContain('Policies a, b have the same priority 0')
  })

  test('hostile, invalid and useless patterns are said with what they may touch, in no time', async () => {
    const names = Array.from({length: 200}, (_, index) => queue(`${'a'.repeat(31)}!${index}`))
    const started = performance.now()
    const inspected = await inspectTexts({
      'd.json': {
        queues: names,
        policies: [
          policy('hostile', '^(a+)+$', {'max-length': 1}),
          policy('slow', '^(?=(a+)+$)', {'max-length': 1}, {priority: 2}),
          policy('broken', '(', {'max-length': 1}),
          policy('nobody', '^zzz', {'max-length': 1}),
        ],
      },
    })
    expect(performance.now() - started).toBeLessThan(2000)
    expect(rules(inspected).toSorted()).toEqual([
      'policy-never-applies',
      'policy-never-applies',
      'policy-not-evaluated',
      'policy-pattern-invalid',
      'section-missing',
    ])
    const unknown = inspected.inventory.notices.find(({rule}) => rule === 'policy-not-evaluated')
    expect(unknown?.subjects).toHaveLength(200)
    expect(queues(inspected)[0]?.facts.maxLength).toBeUndefined()
  })

  test('an operator policy among the parameters is one', async () => {
    const inspected = await inspectTexts({
      'd.json': {
        rabbit_version: '4.0.5',
        queues: [queue('q', {'x-max-length': 9})],
        policies: [policy('mine', '.*', {'max-length': 8})],
        parameters: [
          {
            component: 'operator_policy',
            name: 'cap',
            vhost: '/',
            value: {pattern: '.*', 'apply-to': 'queues', definition: {'max-length': 7}, priority: 0},
          },
          {component: 'federation-upstream-set', name: 'set', vhost: '/', value: [{upstream: 'a'}]},
        ],
      },
    })
    const facts = find(inspected, 'queue:%2F/q')?.facts
    expect(facts?.maxLength).toEqual({
      value: 7,
      evidence: 'd.json → parameters[0].value.definition.max-length',
    })
    expect(valueOf(facts?.operatorPolicy)).toBe('cap')
  })
})

test('10,000 queues and 20,000 bindings are read in well under a second of work', async () => {
  const estate = {
    rabbit_version: '3.10.8',
    policies: [
      {
        name: 'p',
        vhost: '/',
        pattern: '^(?!amq\\.).*',
        'apply-to': 'queues',
        definition: {'max-length': 5},
        priority: 0,
      },
    ],
    exchanges: [
      {
        name: 'x',
        vhost: '/',
        type: 'topic',
        durable: true,
        auto_delete: false,
        internal: false,
        arguments: {},
      },
    ],
    queues: Array.from({length: 10_000}, (_, index) => queue(`team.${index}`, {'x-message-ttl': 5})),
    bindings: Array.from({length: 20_000}, (_, index) => ({
      source: 'x',
      vhost: '/',
      destination: `team.${index >> 1}`,
      destination_type: 'queue',
      routing_key: `k.${index}`,
      arguments: {},
    })),
  }
  const before = process.cpuUsage()
  const inspected = await inspectTexts({'d.json': estate})
  const {user, system} = process.cpuUsage(before)
  expect(queues(inspected)).toHaveLength(10_000)
  expect(inspected.inventory.bindings).toHaveLength(20_000)
  // About 0.6 s here; three times that is a regression and not a busy machine, since it is CPU time.
  expect((user + system) / 1e6).toBeLessThan(2)
})

test('files can be asked for a depth, as they say it', async () => {
  await using source = await openSource([fixture('recorded-3.10.8/queues.json')], options)
  const {inventory} = await source.inspect(signal)
  const [first] = inventory.destinations
  expect(await source.depth(first?.id ?? '')).toMatchObject({ready: expect.any(Number), counters: null})
  expect(await source.depth('queue:%2F/none')).toBeNull()
  expect('read' in source).toBe(false)
})
