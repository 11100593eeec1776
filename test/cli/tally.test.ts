import {readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {openEventLog} from '../../src/cli/event-log.ts'
import {statusLine} from '../../src/cli/progress.ts'
import {Tally} from '../../src/cli/tally.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const progress = {type: 'progress', move: 'm', received: 0, failed: 0, doubt: 0, waiting: null} as const

describe('the status line', () => {
  test('withholds an estimate below one per cent', () => {
    let now = 0
    const tally = new Tally(() => now)
    tally.add({type: 'lane-started', move: 'm', depth: 10_000, window: 100})
    tally.add({...progress, sent: 0, settled: 0})
    now = 1000
    tally.add({...progress, sent: 50, settled: 40})
    expect(tally.status()).toMatchObject({done: 50, total: 10_000, rate: 50, etaSeconds: null})
    now = 2000
    tally.add({...progress, sent: 100, settled: 100})
    expect(tally.status().etaSeconds).toBeCloseTo(198)
  })

  test('counts what a running producer adds', () => {
    const tally = new Tally(() => 0)
    tally.add({type: 'lane-started', move: 'm', depth: 100, window: 100})
    tally.add({...progress, sent: 90, settled: 90, waiting: 60})
    expect(tally.status().total).toBe(100)
    tally.add({...progress, sent: 120, settled: 90, waiting: 60})
    expect(tally.status().total).toBe(180)
  })

  test('a run that finds nothing says so', () => {
    const tally = new Tally(() => 0)
    tally.add({type: 'lane-started', move: 'm', depth: 0, window: 100})
    tally.add({type: 'lane-ended', move: 'm', outcome: 'drained', reason: 'empty'})
    expect(statusLine(tally.status())).toBe('nothing waits in 1 queue')
  })

  test('an unknown depth stays unknown', () => {
    const tally = new Tally(() => 0)
    tally.add({type: 'lane-started', move: 'm', depth: null, window: 100})
    tally.add({...progress, sent: 5, settled: 5})
    expect(tally.status().total).toBeNull()
    expect(statusLine(tally.status())).toContain('5/? moved')
  })

  test('says why it is slow, and stops saying so when it no longer is', () => {
    let now = 0
    const tally = new Tally(() => now)
    tally.add({type: 'throttled', move: 'm', reason: 'SQS answers RequestThrottled'})
    expect(statusLine(tally.status())).toContain('throttled: SQS answers RequestThrottled')
    now = 20_000
    expect(statusLine(tally.status())).not.toContain('throttled')
  })

  test('measures the rate over the last seconds, not since the start', () => {
    let now = 0
    const tally = new Tally(() => now)
    for (let second = 0; second <= 60; second++) {
      now = second * 1000
      const sent = second < 30 ? second * 1000 : 30_000
      tally.add({...progress, sent, settled: sent})
    }
    expect(tally.status().rate).toBe(0)
  })
})

test('--events writes one JSON object per line, whatever the words, readable by the owner alone', async () => {
  const path = join(await tempFolder(), 'events.jsonl')
  {
    using log = openEventLog(path, () => 0, expect.unreachable)
    log.event({type: 'notice', move: 'm', text: 'two\nlines\u2028or three'})
    log.event({type: 'resumed', move: 'm'})
  }
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).type)).toEqual(['notice', 'resumed'])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('an event that cannot be written is said once, and the run goes on', () => {
  const said: string[] = []
  using log = openEventLog(
    '/dev/full',
    () => 0,
    (why) => said.push(why),
  )
  log.event({type: 'resumed', move: 'm'})
  log.event({type: 'resumed', move: 'm'})
  expect(said).toEqual([expect.stringContaining('ENOSPC')])
})
