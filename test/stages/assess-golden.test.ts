import {expect, test} from 'vitest'

import {CRITERIA, WEIGHTS} from '../../src/criteria/index.ts'
import type {Body} from '../../src/model/artefact.ts'
import type {AssessedDestination, Assessment, Finding, Recommendation} from '../../src/model/assessment.ts'
import type {Inventory, Observation} from '../../src/model/inventory.ts'
import {PREFERENCES} from '../../src/model/platform.ts'
import {PATTERNS} from '../../src/patterns/index.ts'
import {inspectRabbitmq} from '../../src/sources/rabbitmq/inspect.ts'
import {openFiles} from '../../src/sources/rabbitmq/offline.ts'
import {assess} from '../../src/stages/assess.ts'
import {fixture, serveRecording} from '../sources/rabbitmq/recorded-broker.ts'

interface Inspected {
  readonly inventory: Body<Inventory>
  readonly observations: readonly Observation[]
}

const {signal} = new AbortController()

async function fromBroker(): Promise<Inspected> {
  await using broker = await serveRecording()
  await using api = await broker.connect()
  return await inspectRabbitmq(api, signal)
}

async function fromFile(path: string): Promise<Inspected> {
  await using source = await openFiles([fixture(path)], {
    tls: {caOnly: false, insecure: false},
    allowPlaintext: false,
    connectionName: 'test',
  })
  return await source.inspect(signal)
}

const assessed = ({inventory, observations}: Inspected): Body<Assessment> =>
  assess(
    {inventory, observation: observations.at(-1)},
    {preference: 'balanced', criteria: CRITERIA, patterns: PATTERNS, weights: WEIGHTS},
  )

const short = ({platform, score, confidence, because}: Recommendation): string =>
  `${platform}${score === null ? '' : ` ${score}`} (confidence ${confidence}): ${because}`

const line = ({rule, platform, verdict, because}: Finding): string =>
  [rule, platform ?? '*', verdict, because].join(' | ')

/** What a reviewer reads: one line per judgement, without the evidence, whose paths change with every recording. */
const destination = (each: AssessedDestination): object => ({
  recommended: short(each.recommended),
  under: Object.fromEntries(PREFERENCES.map((preference) => [preference, each.under[preference].platform])),
  ties: each.ties,
  scores: Object.fromEntries(
    each.scores.map(({platform, score, fit, benefit, blockedBy}) => [
      platform,
      `${score} = fit ${fit}, benefit ${benefit}${blockedBy.length > 0 ? `, blocked by ${blockedBy.join(', ')}` : ''}`,
    ]),
  ),
  findings: each.findings.map(line),
  todo: each.todo,
  decide: each.decide.map(({question, who}) => `${who}: ${question}`),
})

const reviewable = ({summary, destinations, estate, notChecked}: Body<Assessment>): string =>
  `${JSON.stringify(
    {
      summary,
      destinations: Object.fromEntries(destinations.map((each) => [each.id, destination(each)])),
      estate: {
        findings: estate.findings.map((each) => `${line(each)} | ${each.subjects.join(' ')}`),
        ignored: estate.ignored.map(({id, because}) => `${id}: ${because}`),
      },
      notChecked: notChecked.map(({what, endpoint}) => `${endpoint}: ${what}`),
    },
    null,
    2,
  )}\n`

test('the recorded estate, seen by an administrator', async () => {
  await expect(reviewable(assessed(await fromBroker()))).toMatchFileSnapshot(
    fixture('recorded-3.10.8/assessment.json'),
  )
})

test('670 bindings of one queue', async () => {
  await expect(reviewable(assessed(await fromFile('many-bindings/definitions.json')))).toMatchFileSnapshot(
    fixture('many-bindings/assessment.json'),
  )
})

test('an expert would not send this estate to one place', async () => {
  const {destinations} = assessed(await fromBroker())
  const platforms = new Set(destinations.map(({recommended}) => recommended.platform))
  expect([...platforms].toSorted()).toEqual(
    expect.arrayContaining(['amazon-mq-rabbitmq', 'kinesis', 'sns-sqs', 'sqs-fifo', 'sqs-standard']),
  )
})

const sure = (body: Body<Assessment>): number =>
  body.destinations.reduce((sum, {recommended}) => sum + recommended.confidence, 0) / body.destinations.length

test('a file alone makes less sure than the broker', async () => {
  expect(sure(assessed(await fromFile('recorded-3.10.8/definitions.json')))).toBeLessThan(
    sure(assessed(await fromBroker())),
  )
})
