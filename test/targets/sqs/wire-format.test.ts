import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import type {Envelope} from '../../../src/model/envelope.ts'
import {routingAttributes} from '../../../src/routing/routing-attributes.ts'
import {decodeSqs} from '../../../src/targets/sqs/decode.ts'
import {envelopes, type Vector, vectors} from './wire-vectors.ts'

const ROOT = join(import.meta.dirname, '../../..')
const FIXTURES = join(ROOT, 'fixtures/wire-format')
const frozen: Vector[] = JSON.parse(readFileSync(join(FIXTURES, 'vectors.json'), 'utf8'))

test('wire format 1 is frozen', async () => {
  await expect(`${JSON.stringify(vectors(), null, 2)}\n`).toMatchFileSnapshot(join(FIXTURES, 'vectors.json'))
})

const plain = (envelope: Envelope | null): unknown =>
  structuredClone(envelope && {...envelope, body: new Uint8Array(envelope.body)})

test.each(frozen.map(({name}, index) => [name, index] as const))('reads back: %s', (_, index) => {
  expect(plain(decodeSqs(frozen[index]?.message ?? {}))).toEqual(plain(envelopes()[index] ?? null))
})

test('no message needs more than ten attributes, none has an empty value', () => {
  for (const {message} of frozen) {
    const values = Object.values(message.MessageAttributes)
    expect(values.length).toBeLessThanOrEqual(10)
    expect(values.every(({StringValue}) => StringValue.length > 0)).toBe(true)
  }
})

test.each(['decode.mjs', 'decode.py', 'Decode.java', 'publish.mjs', 'publish.py', 'Publish.java'])(
  'the page shows %s as it is tested',
  (file) => {
    const page = readFileSync(join(ROOT, 'docs/wire-format.md'), 'utf8')
    const language = {mjs: 'js', py: 'python', java: 'java'}[file.split('.')[1] ?? '']
    const source = readFileSync(join(FIXTURES, file), 'utf8')
    expect(page).toContain(`\`\`\`${language}\n${source}\`\`\``)
  },
)

interface Publish {
  routingAttributes(
    key: string,
    needed: readonly string[],
  ): Record<string, {DataType: string; StringValue: string}>
}

test('the publisher snippet sets what the filters expect', async () => {
  const snippet: Publish = await import(join(FIXTURES, 'publish.mjs'))
  const needed = ['n', 'rk', 'rkd', 'w0', 'w1', 'w2', 'r0', 'r1', 'r2']
  for (const key of ['', 'a', 'a.b', 'a..c', '.', 'eu.order.created']) {
    const expected = Object.entries(routingAttributes(key)).map(([name, value]) => [
      name,
      {DataType: typeof value === 'number' ? 'Number' : 'String', StringValue: String(value)},
    ])
    expect(snippet.routingAttributes(key, needed)).toEqual(Object.fromEntries(expected))
  }
  expect(snippet.routingAttributes('a.b', ['rk'])).toEqual({rk: {DataType: 'String', StringValue: 'a.b'}})
})
