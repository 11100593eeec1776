import {createSecretKey} from 'node:crypto'

import {GetQueueAttributesCommand, SetQueueAttributesCommand, SQSClient} from '@aws-sdk/client-sqs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {digest} from '../../../src/model/canonical.ts'
import type {Resource} from '../../../src/model/deployment.ts'
import type {Envelope} from '../../../src/model/envelope.ts'
import type {Step} from '../../../src/model/plan.ts'
import {targetPlatform} from '../../../src/targets/index.ts'
import {decodeSqs} from '../../../src/targets/sqs/decode.ts'
import type {ConnectedPlatform} from '../../../src/targets/target.ts'
import type {Deviations} from '../../brokers/emulator-deviations.ts'
import {batchOf, drain, ENV, envelope, moveTo, never, queueStep, REGION} from './sqs-kit.ts'
import {envelopes} from './wire-vectors.ts'

interface Emulator extends AsyncDisposable {
  readonly endpoint: string
}

/** What every SQS must do for us, AWS included. `start` runs once. */
export function describeSqs(name: string, start: () => Promise<Emulator>, deviations: Deviations): void {
  describe(`SQS on ${name}`, () => {
    let emulator: Emulator
    let platform: ConnectedPlatform
    let sdk: SQSClient
    const run = Date.now().toString(36)
    let count = 0
    const named = (suffix = '') => `t-${run}-${count++}${suffix}`

    beforeAll(async () => {
      emulator = await start()
      const {endpoint} = emulator
      const folder = await targetPlatform('sqs-standard')
      platform = await folder.connect({region: REGION, endpoint, env: ENV})
      sdk = new SQSClient({
        region: REGION,
        endpoint,
        credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
      })
    })

    afterAll(async () => {
      sdk.destroy()
      await platform[Symbol.asyncDispose]()
      await emulator[Symbol.asyncDispose]()
    })

    const provision = (step: Step, execute = true, cutover = false) =>
      platform.provision(step, {execute, cutover, resolved: new Map()}, never)

    async function made(step: Step): Promise<Resource> {
      const {resource} = await provision(step)
      if (!resource) throw new Error(`${step.id} was not made`)
      return resource
    }

    // What a queue forgets is set again on every run: no proof of anything.
    describe.skipIf(deviations.forgets.length > 0)('provision', () => {
      test('missing is told without execute; made once; nothing to do the second time', async () => {
        const step = queueStep(named())
        expect(await provision(step, false)).toEqual({
          resource: null,
          drift: [{step: step.id, attribute: 'exists', wanted: step.name, found: null}],
          writes: 0,
        })
        const first = await provision(step)
        expect(first).toMatchObject({drift: [], writes: 1, resource: {origin: 'created'}})
        expect(first.resource?.arn).toBe(`arn:aws:sqs:us-east-1:000000000000:${step.name}`)
        expect(Date.parse(first.resource?.createdAt ?? '')).toBeGreaterThan(Date.now() - 60_000)
        const second = await provision(step)
        expect(second).toMatchObject({drift: [], writes: 0, resource: {origin: 'found'}})
        expect(second.resource?.createdAt).toBe(first.resource?.createdAt)
      })

      test('a FIFO queue', async () => {
        const step = queueStep(named('.fifo'))
        expect(await provision(step)).toMatchObject({drift: [], writes: 1})
        expect(await provision(step)).toMatchObject({drift: [], writes: 0})
      })

      test('dead letters: the policy names a queue that is made later', async () => {
        const [orders, dead] = [named(), named()]
        const deadStep = queueStep(dead, {redriveAllow: {allow: 'only', steps: [`sqs-queue:${orders}`]}})
        const step = queueStep(orders, {redrive: {deadLetterStep: deadStep.id, maxReceiveCount: 5}})
        for (const one of [deadStep, step]) expect(await provision(one)).toMatchObject({drift: [], writes: 1})
        for (const one of [deadStep, step]) expect(await provision(one)).toMatchObject({drift: [], writes: 0})
        const {url, attributes} = await attributesOf(await made(step))
        expect(JSON.parse(attributes['RedrivePolicy'] ?? '')).toMatchObject({
          deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${dead}`,
        })
        expect(url).toBeTruthy()
      })

      test('an attribute changed by hand is named, and set back alone', async () => {
        const step = queueStep(named())
        const queue = await made(step)
        const change = {VisibilityTimeout: '7', MessageRetentionPeriod: '3600'}
        await sdk.send(new SetQueueAttributesCommand({QueueUrl: queue.address, Attributes: change}))
        const drift = [
          {step: step.id, attribute: 'MessageRetentionPeriod', wanted: '1209600', found: '3600'},
          {step: step.id, attribute: 'VisibilityTimeout', wanted: '45', found: '7'},
        ]
        expect(await provision(step, false)).toMatchObject({drift, writes: 0})
        expect((await attributesOf(queue)).attributes['VisibilityTimeout']).toBe('7')
        const repaired = await provision(step)
        expect(repaired).toMatchObject({drift, writes: 1})
        // A change of retention takes up to 15 minutes.
        expect(Date.parse(repaired.resource?.readyAt ?? '') - Date.now()).toBeGreaterThan(14 * 60_000)
        expect(await provision(step)).toMatchObject({drift: [], writes: 0})
      })

      test('a tag that is missing; tags of others stay', async () => {
        const step = queueStep(named())
        await made(step)
        const tagged = {...step, settings: {...step.settings, tags: {owner: 'team', 'mqlift:source': 'new'}}}
        const result = await provision(tagged)
        expect(result.drift.map(({attribute}) => attribute)).toEqual(['tag owner', 'tag mqlift:source'])
        expect(result.writes).toBe(1)
        expect(await provision(tagged)).toMatchObject({drift: [], writes: 0})
        expect(await provision(queueStep(step.name, {tags: {}}))).toMatchObject({drift: [], writes: 0})
      })

      test('the cut-over lowers what was kept high', async () => {
        const step = queueStep(named())
        await made(step)
        expect(await provision(step, true, true)).toMatchObject({
          drift: [{attribute: 'MessageRetentionPeriod', wanted: '86400', found: '1209600'}],
          writes: 1,
        })
      })

      test('topics may send; statements of others stay', async () => {
        const step = queueStep(named())
        const queue = await made(step)
        const theirs = {Sid: 'theirs', Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: queue.arn}
        const Policy = JSON.stringify({Version: '2012-10-17', Statement: [theirs]})
        await sdk.send(new SetQueueAttributesCommand({QueueUrl: queue.address, Attributes: {Policy}}))
        const policy = (topics: string[]): Step => ({
          ...step,
          id: `sqs-policy:${step.name}`,
          do: 'sqs-policy',
          settings: {queueStep: step.id, topicSteps: topics.map((topic) => `sns-topic:${topic}`)},
        })
        expect(await provision(policy(['b', 'a']), false)).toMatchObject({resource: null, writes: 0})
        expect(await provision(policy(['b', 'a']))).toMatchObject({writes: 1, drift: []})
        expect(await provision(policy(['a', 'b']))).toMatchObject({writes: 0, drift: []})
        expect(await provision(policy(['a']))).toMatchObject({writes: 1, drift: [{attribute: 'Policy'}]})
        const {attributes} = await attributesOf(queue)
        expect(JSON.parse(attributes['Policy'] ?? '').Statement).toEqual([
          theirs,
          {
            Sid: 'mqliftTopics',
            Effect: 'Allow',
            Principal: {Service: 'sns.amazonaws.com'},
            Action: 'sqs:SendMessage',
            Resource: queue.arn,
            Condition: {ArnEquals: {'aws:SourceArn': ['arn:aws:sns:us-east-1:000000000000:a']}},
          },
        ])
      })
    })

    async function attributesOf(queue: Resource) {
      const command = new GetQueueAttributesCommand({QueueUrl: queue.address, AttributeNames: ['All']})
      const {Attributes = {}} = await sdk.send(command)
      return {url: queue.address, attributes: Attributes}
    }

    describe('messages', () => {
      test('every vector of the wire format arrives and reads back the same', async () => {
        const step = queueStep(named())
        const queue = await made(step)
        const target = await platform.open(moveTo(step), queue, never)
        const messages = envelopes().filter(({body}) => !(deviations.refusesEmoji && hasEmoji(body)))
        for (let at = 0; at < messages.length; at += 10) {
          const receipts = await target.send(batchOf(target, messages.slice(at, at + 10)), never)
          expect(receipts.filter(({outcome}) => outcome !== 'accepted')).toEqual([])
        }
        const found = await drain(emulator.endpoint, queue.address, messages.length)
        const digests = new Set(found.map((one) => digestOf(decodeSqs(one))))
        expect(digests).toEqual(new Set(messages.map(digestOf)))
        expect(digests.size).toBe(messages.length)
      })

      test('counts', async () => {
        const step = queueStep(named())
        const queue = await made(step)
        const target = await platform.open(moveTo(step), queue, never)
        await target.send(batchOf(target, [envelope(), envelope(), envelope()]), never)
        expect(await platform.count(queue, never)).toEqual({
          visible: 3,
          inFlight: 0,
          delayed: 0,
          approximate: true,
        })
        const gone = {...queue, address: `${queue.address}-gone`}
        expect(await platform.count(gone, never)).toBeNull()
      })

      test('a FIFO queue keeps twins and order, and swallows the same entry', async () => {
        const step = queueStep(named('.fifo'))
        const queue = await made(step)
        const target = await platform.open(moveTo(step), queue, never)
        const messages = [0, 0, 1, 2, 2].map((n) => envelope({body: Buffer.from(`${n}`)}))
        for (const message of messages) {
          const batch = batchOf(target, [message])
          await target.send(batch, never)
          await target.send(batch, never)
        }
        const found = await drain(emulator.endpoint, queue.address, 6)
        expect(found.map(({Body}) => Body)).toEqual(['0', '0', '1', '2', '2'])
      })
    })
  })
}

const hasEmoji = (body: Uint8Array): boolean => /[\ud800-\udfff]/.test(Buffer.from(body).toString('utf8'))
const key = createSecretKey(Buffer.alloc(32, 7))
/** What the ledger compares: nothing that a message says may differ. */
const digestOf = (message: Envelope | null): string =>
  message ? digest(key, message).toString('hex') : 'not ours'
