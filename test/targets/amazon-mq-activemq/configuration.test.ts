import {join} from 'node:path'

import {expect, test} from 'vitest'

import {configurationXml} from '../../../src/targets/amazon-mq-activemq/files.ts'
import {removedByAws} from '../../../src/targets/amazon-mq-activemq/whitelist.ts'
import {bind, exchange, queue} from '../../routing/estate.ts'
import {planOf, settingsOf} from './plan-kit.ts'
import {shop} from './shop.ts'

const FIXTURES = join(import.meta.dirname, '../../../fixtures/activemq')

test('the configuration of an estate that uses everything', async () => {
  await expect(configurationXml(settingsOf(shop()))).toMatchFileSnapshot(join(FIXTURES, 'shop.xml'))
})

test('what the plan says of it', async () => {
  const {changes, losses, questions, notMoved, moves, steps} = shop()
  const said = {
    steps: steps.map(({id, needs}) => ({id, needs})),
    moves: moves.map(({id, order}) => ({id, order})),
    losses: losses.map(({id, reason}) => ({id, reason})),
    questions: questions.map(({id, answer}) => ({id, answer})),
    notMoved,
    changes: changes.map(({subject, field, to}) => `${subject} ${field}: ${to}`),
  }
  await expect(`${JSON.stringify(said, null, 2)}\n`).toMatchFileSnapshot(join(FIXTURES, 'shop-plan.json'))
})

test('markup and line ends in names and selectors stay text', () => {
  const xml = configurationXml({
    ...settingsOf(planOf([queue('q')])),
    composites: [{kind: 'topic', name: 't', forwards: [{queue: 'q', selector: 'a < 1 AND "b" = \'&\n\''}]}],
  })
  expect(xml).toContain(`selector="a &lt; 1 AND &quot;b&quot; = '&amp;&#10;'"`)
})

test('a binding that XML or a selector cannot say forwards more, and is a loss', () => {
  const part = planOf(
    [queue('q'), queue('r'), exchange('x', 'direct'), exchange('h', 'headers')],
    [bind('x', 'q', 'a\u0001'), bind('h', 'r', '', {'x-match': 'all', '1abc': 'v', kind: 'mail'})],
  )
  const {composites} = settingsOf(part)
  const selectors = composites.flatMap(({forwards}) => forwards.map(({selector}) => selector))
  expect(new Set(selectors)).toEqual(new Set(["kind = 'mail'", null]))
  expect(configurationXml(settingsOf(part))).not.toContain('\u0001')
  expect(part.losses.filter(({rule}) => rule === 'filter-widened').map(({reason}) => reason)).toEqual([
    expect.stringContaining(String.raw`"a\u{1}"`),
    expect.stringContaining('1abc: selectors cannot name it'),
  ])
})

test('what XML cannot say is not written', () => {
  const settings = settingsOf(planOf([queue('q')]))
  const composites = [{kind: 'topic' as const, name: 't', forwards: [{queue: 'q', selector: "a = '\u0001'"}]}]
  expect(() => configurationXml({...settings, composites})).toThrow(String.raw`XML cannot say a = '\u{1}'`)
})

test('what AWS would remove is named before it does', () => {
  expect(
    removedByAws({
      name: 'broker',
      attributes: {xmlns: 'x', dataDirectory: '/tmp', persistent: 'true'},
      children: [
        {name: 'managementContext'},
        {name: 'plugins', children: [{name: 'jaasAuthenticationPlugin'}, {name: 'statisticsBrokerPlugin'}]},
        {name: 'systemUsage', children: [{name: 'storeUsage'}]},
      ],
    }),
  ).toEqual([
    '/broker@dataDirectory',
    '/broker/managementContext',
    '/broker/plugins/jaasAuthenticationPlugin',
    '/broker/systemUsage',
  ])
})
