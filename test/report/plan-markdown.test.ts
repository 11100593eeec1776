import {fromMarkdown} from 'mdast-util-from-markdown'
import {gfmFromMarkdown} from 'mdast-util-gfm'
import {gfm} from 'micromark-extension-gfm'
import {describe, expect, test} from 'vitest'

import type {Body} from '../../src/model/artefact.ts'
import type {Plan} from '../../src/model/plan.ts'
import {renderPlan} from '../../src/report/plan-markdown.ts'
import {lasting} from '../../src/report/plan-words.ts'
import {bind, exchange, inventory, queue} from '../routing/estate.ts'
import {planned} from '../stages/planned.ts'
import {HOSTILE} from './hostile.ts'

interface Node {
  readonly type: string
  readonly children?: readonly Node[]
}
const shape = (node: Node): unknown => [node.type, ...(node.children ?? []).map(shape)]
const structure = (page: string): unknown =>
  shape(fromMarkdown(page, {extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()]}))

/** Every kind of sentence is said, with the word before every name, key and header: their order stays. */
function estate(word: string): Body<Plan> {
  const named = (name: string): string => `${word.toWellFormed()}${name}`
  const vhost = named('v')
  const of = (name: string, values = {}) => queue(named(name), values, vhost)
  const from = (name: string, type: string, values = {}) => exchange(named(name), type, values, vhost)
  const bound = (source: string, to: string, key = '', args = {}) =>
    bind(named(source), named(to), key, args, vhost)
  const plan = planned(
    inventory(
      [
        of('work', {deadLetterExchange: named('dlx'), deliveryLimit: 3, messageTtl: 60_000}),
        of('room', {messageTtl: 5000, deadLetterExchange: '', deadLetterRoutingKey: named('work')}),
        of('dead'),
        of('dead2'),
        of('bounded', {maxLength: 10}),
        of('sac', {singleActiveConsumer: true}),
        of('ask'),
        of('log', {type: 'stream'}),
        from('dlx', 'fanout'),
        from('topic', 'topic', {alternateExchange: named('dlx')}),
        from('headers', 'headers'),
        from('delayed', 'x-delayed-message', {delayedType: 'direct'}),
        from('empty', 'fanout'),
        queue(named('plain'), {type: 'quorum', deliveryLimit: 20}, named('z')),
      ],
      [
        bound('dlx', 'dead'),
        bound('dlx', 'dead2'),
        bound('topic', 'work', `${named('k')}.*.#.x.#`),
        bound('headers', 'bounded', '', {[named('ü')]: named('value')}),
        bound('delayed', 'ask', named('k')),
      ],
    ),
    {
      advise: ({name}) => (name === named('sac') || name === named('ask') ? 'sqs-fifo' : undefined),
      config: {account: undefined},
      decisions: {'max-priority': 'accept'},
    },
  )
  return plan
}

describe('no name changes the structure of the page', () => {
  const harmless = structure(renderPlan(estate('')))

  test.each(HOSTILE)('%j', (word) => {
    expect(structure(renderPlan(estate(word)))).toEqual(harmless)
  })
})

test('sections are in the order of a change request', () => {
  const titles = [...renderPlan(estate('')).matchAll(/^## (.*)$/gm)].map(([, title]) => title)
  expect(titles).toEqual([
    'Summary',
    'What is destroyed or lost',
    'Questions that block the plan',
    'Moves and how long they take',
    'Not moved',
    'Questions that are settled',
    'Per destination',
    'How to go on',
  ])
})

test('a plan that nothing blocks says so', () => {
  const page = renderPlan(planned(inventory([queue('q')])))
  expect(page).toContain('Nothing stands in the way')
  expect(page).not.toContain('## Questions')
})

test('strict order is told in hours', () => {
  const ledger = inventory([queue('ledger', {singleActiveConsumer: true})])
  const page = renderPlan(
    planned(ledger, {advise: () => 'sqs-fifo', observed: {ledger: {messages: 1_000_000}}}),
  )
  expect(page).toContain('33 messages a second')
  expect(page).toContain('8.4 h')
})

test.each([
  [null, 'unknown'],
  [0, 'nothing waits'],
  [30, 'under a minute'],
  [61, '2 min'],
  [3600, '1 h'],
  [30_000, '8.4 h'],
  [864_000, '240 h (10 days)'],
])('%s seconds: %s', (seconds, text) => {
  expect(lasting(seconds)).toBe(text)
})

test('flags can be pasted into a shell', () => {
  const page = renderPlan(planned(inventory([queue("it's", {maxPriority: 2})])))
  expect(page).toContain(`--accept 'max-priority:queue:%2F/it'"'"'s'`)
})
