import {expect, test} from 'vitest'

import {limits} from '../../src/stages/report-limits.ts'

const services = (platform: string): Set<string> => new Set(limits([platform]).map(({service}) => service))

test('a broker of Amazon MQ shows what both engines share, and its own, and nothing of the other', () => {
  expect(services('amazon-mq-rabbitmq')).toEqual(new Set(['Amazon MQ', 'Amazon MQ for RabbitMQ']))
  expect(services('amazon-mq-activemq')).toEqual(new Set(['Amazon MQ', 'Amazon MQ for ActiveMQ']))
})

test('a table is shown with its figures, a table of tables by its rows', () => {
  const shown = limits(['amazon-mq-rabbitmq', 'amazon-mq-activemq'])
  const valueOf = (what: string): string | undefined => shown.find((limit) => limit.what === what)?.value
  expect(valueOf('disk free')).toBe('single: 10, cluster: 2; GiB')
  expect(valueOf('standard')).toBe('single, cluster; connections, queues and more of every size, as created')
  expect(valueOf('instances')).toMatch(/^mq\.t3\.micro, mq\.m5\.large, /)
  expect(shown.filter(({value}) => value.includes('[object'))).toEqual([])
})
