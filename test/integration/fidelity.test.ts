import {describe, expect, test} from 'vitest'

import type {Major} from '../brokers/rabbitmq.ts'
import {withoutBrokers} from '../brokers/shared.ts'
import {CASES} from '../fidelity/corpus.ts'
import type {Passage} from '../fidelity/differences.ts'
import {page} from '../fidelity/page.ts'
import {corpusThrough} from '../fidelity/source.ts'
import {columnsOf} from '../fidelity/targets.ts'

const SLOW = 300_000

async function passage(major: Major): Promise<Passage> {
  const corpus = await corpusThrough(major)
  expect(corpus.sent).toHaveLength(CASES.length)
  return {...corpus, columns: await columnsOf(corpus.sent)}
}

describe.skipIf(withoutBrokers())('fidelity', () => {
  test(
    'every property and header type, from either RabbitMQ to every target, read by its usual clients',
    async () => {
      const [old, now] = await Promise.all([passage(3), passage(4)])
      await expect(page(CASES, old, now)).toMatchFileSnapshot('../../docs/fidelity.md')
    },
    SLOW,
  )
})
