import {expect, test} from 'vitest'

import {type Case, CASES} from './corpus.ts'
import type {Passage} from './differences.ts'
import {page} from './page.ts'
import type {Cell} from './routes.ts'
import {published} from './source.ts'

const EVERY: readonly Case[] = CASES

/** Hands out what was published, and everything arrives like this. */
const passage = (version: string, cells: ReadonlyMap<Case, Cell> = all('kept')): Passage => ({
  version,
  sent: EVERY.map((one) => ({one, envelope: published(one)})),
  columns: [{title: 'Somewhere', cells}],
})

const all = (cell: Cell): Map<Case, Cell> => new Map(EVERY.map((one) => [one, cell]))

const named = (row: string): Case => {
  const one = EVERY.find((each) => each.row === row)
  if (!one) throw new Error(`no case ${row}`)
  return one
}

const differing = (text: string): string[] =>
  (text.split('## RabbitMQ 3.10')[1] ?? '').split('\n').filter((line) => line.startsWith('| '))

test('a cell without a message behind it fails, in either table', () => {
  const cells = all('kept')
  cells.delete(named('JSON'))
  expect(() => page(EVERY, passage('3.10'), passage('4.0', cells))).toThrow('JSON')
  expect(() => page(EVERY, passage('3.10', cells), passage('4.0'))).toThrow('JSON')
})

test('a message that a source did not hand out fails', () => {
  const whole = passage('3.10')
  const part: Passage = {...whole, sent: whole.sent.filter(({one}) => one !== named('JSON'))}
  expect(() => page(EVERY, part, passage('4.0'))).toThrow('RabbitMQ 3.10: no message of the case JSON')
})

test('a case is compared only where a source or a target saw a difference', () => {
  expect(differing(page(EVERY, passage('3.10'), passage('4.0')))).toHaveLength(1)

  const cells = all('kept').set(named('`V` nothing'), 'lost')
  expect(differing(page(EVERY, passage('3.10', cells), passage('4.0'))).slice(1)).toEqual([
    '| `V` nothing | `V` | `V` | `V` | Somewhere: lost |',
  ])
})

test('what a source changes is said with its field tag', () => {
  const celery = named('`L` 64 bits, as Celery writes them')
  const now = passage('4.0')
  const sent = now.sent.map(({one, envelope}) => ({
    one,
    envelope: one === celery ? {...envelope, headers: [['h', {t: 'l', v: 1n}] as const]} : envelope,
  }))
  expect(differing(page(EVERY, passage('3.10'), {...now, sent}))[1]).toBe(
    `| ${celery.row} | \`L -9007199254740993\` | \`L -9007199254740993\` | \`l 1\` | nowhere |`,
  )
})
