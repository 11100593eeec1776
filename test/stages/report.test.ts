import {describe, expect, test} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import {Report} from '../../src/model/report.ts'
import type {Buckets} from '../../src/model/verification.ts'
import {report, type ReportInput} from '../../src/stages/report.ts'
import {inputs} from '../report/cases.ts'

const full = inputs()
const {inventory, assessment, plan, verification} = full

const withTotal = (total: Partial<Buckets>): ReportInput => ({
  ...full,
  verification: {...verification, total: {...verification.total, failed: 0, received: 1200, ...total}},
})

const countPending = (): ReportInput => {
  const input = withTotal({unexplained: null})
  const destinations = verification.destinations.map((one) => ({
    ...one,
    buckets: {...one.buckets, unexplained: null},
    comparisons: {source: 0, digests: 0, target: null},
    levels: [{level: 'V4', outcome: 'pending', because: 'approximate'} as const],
  }))
  return {...input, verification: {...(input.verification ?? verification), destinations}}
}

describe('the first word', () => {
  test.each<[string, ReportInput]>([
    ['complete', withTotal({})],
    ['complete', withTotal({doubt: 2, received: 1202})],
    ['accounted', withTotal({failed: 1, received: 1201})],
    ['accounted', withTotal({open: 4, received: 1204})],
    ['unexplained', withTotal({unexplained: 1})],
    ['unexplained', withTotal({unexplained: null})],
    ['pending', countPending()],
    ['blocked', {inventory, assessment, plan}],
    ['ready', {inventory, assessment, plan: {...plan, open: []}}],
    ['assessed', {inventory, assessment}],
  ])('%s', (word, input) => {
    expect(report(input).verdict.word).toBe(word)
  })

  test('the sentence counts what is not settled, by name', () => {
    expect(report(withTotal({failed: 1, doubt: 2, received: 1203})).verdict.sentence).toBe(
      '1,200 of 1,203 messages received are settled at the target; 1 failed and still at the source, 2 in doubt; ' +
        'unexplained 0; at most 2 can have been delivered twice; proved for 1 of 1 moves.',
    )
  })
})

test('the report is what its schema says', () => {
  const whole = {kind: 'mqlift/report', version: 1, inputs: {}, ...report(full)}
  expect(Report.parse(whole)).toEqual(whole)
})

test('a setting that was not read is counted as unknown, not as absent', () => {
  const {constructs} = report(full)
  expect(constructs).toContainEqual({
    group: 'queue features',
    construct: 'message TTL',
    objects: 1,
    unknown: 0,
  })
  expect(constructs).toContainEqual({
    group: 'queue features',
    construct: 'priorities',
    objects: 0,
    unknown: 2,
  })
})

test('a blocker is one rule, with its platforms and what it leaves without any', () => {
  const orders = destinationId('queue', 'shop', 'orders')
  const [first] = assessment.destinations
  if (!first) throw new Error('the case has destinations')
  const stranded = {
    ...first,
    recommended: {...first.recommended, platform: 'stay' as const, score: null},
    findings: (['sqs-standard', 'sqs-fifo'] as const).map((platform) => ({
      rule: 'queue-stream',
      subjects: [orders],
      platform,
      verdict: 'blocker' as const,
      because: 'a log',
      evidence: [],
    })),
  }
  const {blockers} = report({
    inventory,
    assessment: {...assessment, destinations: [stranded, ...assessment.destinations.slice(1)]},
  })
  expect(
    blockers.map(({rule, platforms, subjects, stranded: left}) => [rule, platforms, subjects.length, left]),
  ).toEqual([
    ['queue-stream', ['sqs-standard', 'sqs-fifo'], 1, 1],
    ['max-priority', ['sqs-standard'], 1, 0],
  ])
})

test('the same question about several destinations is one task', () => {
  const asked = assessment.destinations.map((destination) => ({
    ...destination,
    decide: [{question: 'Who owns it?', who: 'the platform team'}],
  }))
  expect(report({inventory, assessment: {...assessment, destinations: asked}}).tasks).toEqual([
    {what: 'Who owns it?', who: 'the platform team', subjects: asked.map(({id}) => id), answer: null},
  ])
})

test('what was not read, not checked, or only assumed is listed', () => {
  expect(report(full).notChecked.map(({what}) => what)).toEqual([
    'users (x)',
    'V4: somebody consumes at the target',
    'A2: the disk honours fsync',
  ])
})

test('limits are those of the recommended platforms, each with its day', () => {
  const {limits} = report(full)
  expect(new Set(limits.map(({service}) => service))).toEqual(
    new Set(['SQS', 'Amazon MQ', 'Amazon MQ for RabbitMQ']),
  )
  expect(limits.every(({read, url}) => read !== '' && url?.startsWith('https://'))).toBe(true)
})
