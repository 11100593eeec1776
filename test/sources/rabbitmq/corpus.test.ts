import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {isPredeclaredExchange} from '../../../src/model/predeclared.ts'
import {openSource} from '../../../src/sources/index.ts'
import type {Inspected} from '../../../src/sources/rabbitmq/build-inventory.ts'

/** Other people's files: read where they are, never copied here (their licences differ). */
const corpus = process.env['MQLIFT_CORPUS'] ?? ''
const present = corpus !== '' && existsSync(join(corpus, 'INDEX.md'))
if (!present)
  process.stderr.write(
    corpus === ''
      ? '\nMQLIFT_CORPUS is not set: THE OPEN CORPUS IS NOT TESTED. Set it to the folder with INDEX.md.\n'
      : `\nMQLIFT_CORPUS=${corpus} has no INDEX.md: THE OPEN CORPUS IS NOT TESTED.\n`,
  )

interface Row {
  readonly file: string
  readonly counts: string
}

function rows(folder: string): Row[] {
  if (!present) return []
  return readFileSync(join(corpus, 'INDEX.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, file]) => file?.startsWith(`${folder}/`) === true && file.endsWith('.json'))
    .map(([, file = '', , counts = '']) => ({file, counts}))
}

const count = (counts: string, name: string): number =>
  Number(new RegExp(`(?:^|[ ,])${name} (\\d+)`).exec(counts)?.[1] ?? 0)

async function inspectFile(file: string): Promise<Inspected> {
  await using source = await openSource([join(corpus, file)], {
    tls: {caOnly: false, insecure: false},
    allowPlaintext: false,
    connectionName: 'test',
  })
  return await source.inspect(new AbortController().signal)
}

const definitions = rows('rabbitmq-definitions')
const readable = definitions.filter(({counts}) => !counts.includes('NOT PARSEABLE'))
const answers = rows('usage-dump').filter(({counts}) => /entries|top_level/.test(counts))

describe.skipIf(!present)('the open corpus', () => {
  test('is all in its index', () => {
    expect(definitions.map(({file}) => file.split('/')[1] ?? '').toSorted()).toEqual(
      readdirSync(join(corpus, 'rabbitmq-definitions')).toSorted(),
    )
    expect(readable.length).toBeGreaterThan(30)
  })

  test.each(readable)('$file: $counts', async ({file, counts}) => {
    const {inventory} = await inspectFile(file)
    const kinds = (kind: string): number =>
      inventory.destinations.filter((found) => found.kind === kind).length
    expect({
      q: kinds('queue') + kinds('stream'),
      x: inventory.destinations.filter(({kind, name}) => kind === 'exchange' && !isPredeclaredExchange(name))
        .length,
      b: inventory.bindings.length,
      vhosts: inventory.vhosts.length,
      policies: inventory.policies.filter(({operator}) => !operator).length,
      operators: inventory.policies.filter(({operator}) => operator).length,
    }).toEqual({
      q: count(counts, 'q'),
      x: count(counts, 'x'),
      b: count(counts, 'b'),
      vhosts: count(counts, 'vhosts'),
      policies: count(counts, 'policies'),
      operators: Number(/"operator_policy": (\d+)/.exec(counts)?.[1] ?? 0),
    })
  })

  test.each(definitions.filter((row) => !readable.includes(row)))(
    '$file is refused at line and column',
    async ({file}) => {
      await expect(inspectFile(file)).rejects.toMatchObject({
        kind: 'input',
        line: expect.any(Number),
        column: expect.any(Number),
      })
    },
  )

  test.each(answers)('$file: $counts', async ({file, counts}) => {
    const {inventory, observations} = await inspectFile(file)
    expect(inventory.notRead.length).toBeGreaterThan(0)
    const facts = Object.values(observations[0]?.destinations ?? {})
    const total = facts.reduce(
      (sum, {messages}) => sum + (messages && 'value' in messages ? messages.value : 0),
      0,
    )
    const isQueues = file.includes('ueue')
    expect(total).toBe(isQueues ? count(counts, 'sum_messages') : 0)
    expect(inventory.destinations.filter(({kind}) => kind === 'queue')).toHaveLength(
      isQueues ? count(counts, 'entries') : 0,
    )
    // Usage that is unknown is not usage zero.
    const rated = facts.filter(({publishRate, publishCount}) => publishRate ?? publishCount).length
    expect(rated).toBeLessThanOrEqual(isQueues ? count(counts, 'with_message_stats') : 0)
  })

  test('no file of it names a secret in its inventory', async () => {
    for (const {file} of readable) {
      const {inventory} = await inspectFile(file)
      const hashes =
        readFileSync(join(corpus, file), 'utf8').match(/(?<="password_hash"\s*:\s*")[^"]+/g) ?? []
      const text = JSON.stringify(inventory)
      expect([file, hashes.filter((hash) => text.includes(hash))]).toEqual([file, []])
    }
  })
})
