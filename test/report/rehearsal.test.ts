import {fromMarkdown} from 'mdast-util-from-markdown'
import {gfmFromMarkdown} from 'mdast-util-gfm'
import {gfm} from 'micromark-extension-gfm'
import {describe, expect, test} from 'vitest'

import type {Body} from '../../src/model/artefact.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Rehearsal, RehearsedMove} from '../../src/model/rehearsal.ts'
import {renderReport} from '../../src/report/markdown.ts'
import {renderPlan} from '../../src/report/plan-markdown.ts'
import {stillTrue, withMeasured} from '../../src/session/measured.ts'
import {report} from '../../src/stages/report.ts'
import {inventory, queue} from '../routing/estate.ts'
import {planned} from '../stages/planned.ts'
import {inputs} from './cases.ts'
import {HOSTILE} from './hostile.ts'

const rehearsed = (more: Partial<RehearsedMove>): RehearsedMove => ({
  source: 'queue:%2F/orders',
  platform: 'sqs-standard',
  order: 'none',
  scratch: 'mqlift-rehearsal-11223344-orders',
  structure: null,
  copies: 1000,
  bytes: 2048,
  refused: 0,
  seconds: 2,
  perSecond: 500,
  outcome: 'passed',
  because: 'all 1000 came out equal',
  missing: 0,
  unexpected: 0,
  repeated: 0,
  outOfOrder: 0,
  ...more,
})

const rehearsal = (moves: RehearsedMove[], word = ''): Body<Rehearsal> => ({
  at: '2026-11-24T08:00:00.000Z',
  run: 'r',
  sample: '10%',
  region: 'eu-central-1',
  endpoint: null,
  moves,
  notRehearsed: [
    {source: destinationId('queue', '/', `${word}limited`), because: `its limit (${word}) is 20`},
  ],
  leftBehind: [],
  removedBy: [],
})

test('the report says V6 for every queue that was rehearsed, and why the others were not', () => {
  const moves = [
    rehearsed({}),
    rehearsed({source: 'queue:%2F/few', outcome: 'failed', because: '1 missing', perSecond: null}),
  ]
  const page = renderReport({...report(inputs()), rehearsal: rehearsal(moves)})
  expect(page).toContain('| `orders` | 1,000 | 2.0 KiB | 500 | passed | all 1000 came out equal |')
  expect(page).toContain('| too few to measure | **failed** | 1 missing |')
  expect(page).toContain('- Not rehearsed: `limited`: its limit () is 20.')
})

describe('a plan of a queue that was rehearsed', () => {
  const estate = inventory([queue('orders')])
  const plan = planned(estate, {observed: {orders: {messages: 360_000}}})
  const structure = plan.fingerprint['queue:%2F/orders'] ?? null

  test('says how long it takes at the measured rate', () => {
    const known = stillTrue(plan, rehearsal([rehearsed({structure})]))
    const page = renderPlan(withMeasured(plan, known), known)
    expect(page).toContain('12 min, measured at 500/s')
    expect(page).toContain(
      'Rehearsed `2026-11-24T08:00:00.000Z` with copies of messages (10%): V6 passed for 1 of 1 queue.',
    )
  })

  test.each([
    ['its structure changed', {structure: 'another'}],
    ['it goes elsewhere now', {structure, platform: 'sqs-fifo'}],
    ['nothing was measured', {structure, perSecond: null}],
  ] as const)('is estimated as before when %s', (_, more) => {
    const known = stillTrue(plan, rehearsal([rehearsed(more)]))
    expect(withMeasured(plan, known).moves).toEqual(plan.moves)
  })
})

interface Node {
  readonly type: string
  readonly children?: readonly Node[]
}
const shape = (node: Node): unknown => [node.type, ...(node.children ?? []).map(shape)]
const structureOf = (page: string): unknown =>
  shape(fromMarkdown(page, {extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()]}))

const pageOf = (word: string): string => {
  const source = destinationId('queue', '/', `${word}orders`)
  const made = rehearsal([rehearsed({source, because: `${word} missing`})], word)
  return renderReport({...report(inputs()), rehearsal: made})
}

describe('no name changes the structure of the page', () => {
  const harmless = structureOf(pageOf('x'))

  test.each(HOSTILE.filter((name) => name !== ''))('%j', (name) => {
    expect(structureOf(pageOf(name.toWellFormed()))).toEqual(harmless)
  })
})
