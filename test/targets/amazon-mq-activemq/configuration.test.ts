import {join} from 'node:path'

import {expect, test} from 'vitest'

import {configurationXml} from '../../../src/targets/amazon-mq-activemq/files.ts'
import {removedByAws} from '../../../src/targets/amazon-mq-activemq/whitelist.ts'
import {queue} from '../../routing/estate.ts'
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
