import {createSecretKey} from 'node:crypto'

import {expect, test} from 'vitest'

import {digest} from '../../../src/model/canonical.ts'
import type {Envelope} from '../../../src/model/envelope.ts'
import type {Copy} from '../../../src/session/rehearsal/copies.ts'
import {prove, rehearsedMove} from '../../../src/session/rehearsal/prove.ts'
import type {Targets} from '../../../src/session/targets.ts'
import type {Found} from '../../../src/targets/target.ts'
import {envelope, move, resourceFor} from '../../fakes/plan.ts'

const key = createSecretKey(Buffer.alloc(32, 1))
const {signal} = new AbortController()
const MOVE = move({platform: 'sqs-fifo', order: 'strict'})

const copy = (of: Envelope, more: Partial<Copy> = {}): Copy => ({
  digest: digest(key, of).toString('base64'),
  bytes: of.body.byteLength,
  group: 'all',
  ...more,
})

/** A target that gives what each reading finds. */
function targetsOf(readings: Found[][]): Targets {
  const left = readings.values()
  const platform = {
    async *drain() {
      yield* left.next().value ?? []
    },
  }
  return {platform: () => Promise.resolve(platform)} as unknown as Targets
}

const out = (of: Envelope | null): Found => ({envelope: of, group: 'all'})
const [one, two] = [envelope('1'), envelope('2')]
const drained = {resource: resourceFor(MOVE), copies: [copy(one), copy(two)], ordered: true}

async function verdict(readings: Found[][], copies = drained.copies) {
  let clock = 0
  const now = (): number => (clock += 30_000)
  const ports = {targets: targetsOf(readings), key, now}
  const difference = await prove({...drained, copies}, ports, signal)
  const {outcome, because} = rehearsedMove({
    move: MOVE,
    scratch: 'x',
    structure: null,
    copies,
    seconds: 1,
    lane: undefined,
    difference,
  })
  return `${outcome}: ${because}`
}

test('equal and in order', async () => {
  expect(await verdict([[out(one), out(two)]])).toBe('passed: all 2 came out equal, in their order')
})

test('a message that shows up late is not missing', async () => {
  expect(await verdict([[out(one)], [out(two)]])).toMatch(/^passed/)
})

test('lost, altered, in the wrong order, twice: each is said', async () => {
  expect(await verdict([[out(one)]])).toBe('failed: 1 missing')
  expect(await verdict([[out(one), out(envelope('2 altered'))]])).toBe(
    'failed: 1 missing, 1 unexpected, 1 out of order',
  )
  expect(await verdict([[out(two), out(one)]])).toBe('failed: 2 out of order')
  expect(await verdict([[out(one), out(two), out(two)]])).toBe('failed: 1 repeated')
  expect(await verdict([[out(one), out(two), out(null)]])).toBe('failed: 1 unexpected')
})

test('what could not be sent is no failure, and is said', async () => {
  const copies = [copy(one), copy(two, {refused: true})]
  expect(await verdict([[out(one)]], copies)).toBe(
    'passed: all 1 came out equal, in their order; 1 would stay at the broker',
  )
})

test('a platform that cannot be emptied is not checked', async () => {
  const targets = {platform: () => Promise.resolve({})} as unknown as Targets
  expect(await prove(drained, {targets, key, now: Date.now}, signal)).toBeNull()
})
