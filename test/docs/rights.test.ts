import {readFileSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {createServer, request as pass} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {CRITERIA, WEIGHTS} from '../../src/criteria/index.ts'
import {type EmbeddedAws, startEmbeddedAws} from '../../src/demo/embedded-aws.ts'
import {BACKLOGS} from '../../src/demo/messages.ts'
import {DemoSource} from '../../src/demo/source.ts'
import type {Body} from '../../src/model/artefact.ts'
import type {Plan} from '../../src/model/plan.ts'
import type {Platform} from '../../src/model/platform.ts'
import {scratchPrefix} from '../../src/model/scratch.ts'
import {PATTERNS} from '../../src/patterns/index.ts'
import {apply} from '../../src/stages/apply.ts'
import {assess} from '../../src/stages/assess.ts'
import {plan} from '../../src/stages/plan.ts'
import {awsIdentity, targetPlatform, targetPlatforms} from '../../src/targets/index.ts'
import type {ConnectedPlatform} from '../../src/targets/target.ts'

/** The policies printed in docs/security.md, by the command above each (SEC-45). */
const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')

function documented(command: string): string[] {
  const [, json = ''] = page.split(command)[1]?.split('```json') ?? []
  const policy = JSON.parse(json.split('```')[0] ?? '') as {Statement: {Action: string[]}[]}
  return policy.Statement.flatMap(({Action}) => Action)
}

/** Passes everything on to the embedded services and keeps the names of the actions. */
let aws: EmbeddedAws
let endpoint = ''
const seen = new Set<string>()
const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    const body = Buffer.concat(chunks)
    const target = String(incoming.headers['x-amz-target'] ?? '').replace(/^AmazonSQS\./, 'sqs:')
    const action = new URLSearchParams(body.toString()).get('Action')
    seen.add(target || (action === 'GetCallerIdentity' ? `sts:${action}` : `sns:${action}`))
    const onward = pass(
      aws.endpoint,
      {method: incoming.method, path: incoming.url, headers: incoming.headers},
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.end(body)
  })
})

let planned: Body<Plan>
const signal = new AbortController().signal

beforeAll(async () => {
  aws = await startEmbeddedAws()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const dir = await mkdtemp(join(tmpdir(), 'mqlift-rights-'))
  await using source = await DemoSource.open(dir)
  const {inventory, observations} = await source.inspect(signal)
  await rm(dir, {recursive: true})
  const observation = observations.at(-1)
  const assessment = assess(
    {inventory, observation},
    {preference: 'cloud-native', criteria: CRITERIA, patterns: PATTERNS, weights: WEIGHTS},
  )
  const config = {
    names: {},
    prefix: '',
    tags: {team: 'shop'},
    platforms: {},
    taps: [],
    shovel: {at: 'source' as const},
    brokers: {},
    weights: {},
  }
  planned = plan(
    {inventory, observation, assessment, decisions: [], config, account: '000000000000', region: aws.region},
    await targetPlatforms(),
  )
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await aws[Symbol.asyncDispose]()
})

type Platforms = (of: Platform) => Promise<ConnectedPlatform>

/** Runs, and says which actions were called. */
async function recorded(run: (platform: Platforms) => Promise<unknown>): Promise<string[]> {
  seen.clear()
  await connecting(run)
  return [...seen]
}

async function connecting<T>(run: (platform: Platforms) => Promise<T>): Promise<T> {
  const options = {region: aws.region, endpoint, env: aws.env}
  const open = new Map<unknown, ConnectedPlatform>()
  const platform: Platforms = async (of) => {
    const folder = await targetPlatform(of)
    const connected = open.get(folder) ?? (await folder.connect(options))
    open.set(folder, connected)
    return connected
  }
  try {
    return await run(platform)
  } finally {
    for (const connected of open.values()) await connected[Symbol.asyncDispose]()
  }
}

const applied = (platform: Platforms, execute: boolean) =>
  apply(
    {plan: planned, previous: null},
    {platform, identity: () => awsIdentity({region: aws.region, endpoint, env: aws.env}, signal)},
    {execute, cutover: false, adopt: false, region: aws.region, endpoint},
    signal,
  )

/** SendMessage is the right, SendMessageBatch the call; the identity needs no right. */
const rightsOf = (calls: readonly string[]): string[] => [
  ...new Set(
    calls.map((call) => call.replace(/Batch$/, '')).filter((right) => right !== 'sts:GetCallerIdentity'),
  ),
]

const READ = '`apply` without `--execute`'
const CREATE = '`apply --execute`'
const SEND = '`migrate --execute`'
const REHEARSE = '`migrate --rehearse --execute`'

describe('the policies in docs/security.md are what the commands call, and no more', () => {
  test('apply, on an empty account, then with --execute, then again', async () => {
    const before = await recorded((platform) => applied(platform, false))
    const making = await recorded((platform) => applied(platform, true))
    const after = await recorded((platform) => applied(platform, false))
    expect(rightsOf([...before, ...after]).toSorted()).toEqual(documented(READ).toSorted())
    const allowed = new Set([...documented(READ), ...documented(CREATE)])
    expect(rightsOf(making).filter((right) => !allowed.has(right))).toEqual([])
    // Not called here: AWS asks for these two beside Create… with tags, and the others repair what somebody changed.
    const uncalled = documented(CREATE).filter((right) => !making.includes(right))
    const repairs = [
      'sns:SetSubscriptionAttributes',
      'sns:SetTopicAttributes',
      'sns:TagResource',
      'sqs:TagQueue',
    ]
    expect(uncalled.toSorted()).toEqual(repairs)
  })

  test('migrate: opens, counts and sends', async () => {
    const [move] = planned.moves
    const {deployment} = await connecting((platform) => applied(platform, true))
    const resource = deployment.resources.find(({step}) => step === move?.target)
    if (!move || !resource) throw new Error('the demo plans a move')
    const moving = await recorded(async (platform) => {
      const connected = await platform(move.platform)
      await connected.count(resource, signal)
      await using target = await connected.open(move, resource, signal)
      const envelope = BACKLOGS.find(({id}) => id === move.source)?.at(0)
      if (envelope) await target.send(new Map([[{seq: 1}, target.encode(envelope, 0)]]), signal)
    })
    expect(rightsOf(moving).toSorted()).toEqual(documented(SEND).toSorted())
  })

  test('migrate --rehearse: makes, fills, empties and removes what is called after it, and no other', async () => {
    const [move] = planned.moves
    const step = planned.steps.find(({id}) => id === move?.target)
    if (!move || !step) throw new Error('the demo plans a move')
    const name = `${scratchPrefix('11223344')}${step.name}`
    const scratch = {...step, name, settings: {...step.settings, redrive: null}}
    const rehearsing = await recorded(async (platform) => {
      const connected = await platform(move.platform)
      const made = await connected.provision(
        scratch,
        {execute: true, cutover: false, resolved: new Map()},
        signal,
      )
      if (!made.resource) throw new Error('it was not made')
      await using target = await connected.open(move, made.resource, signal)
      const envelope = BACKLOGS.find(({id}) => id === move.source)?.at(0)
      if (envelope) await target.send(new Map([[{seq: 1}, target.encode(envelope, 0)]]), signal)
      for await (const {envelope: found} of connected.drain?.(made.resource, signal) ?? [])
        expect(found).not.toBeNull()
      expect(await connected.remove?.(scratch, signal)).toBe(true)
    })
    // AWS asks for it beside CreateQueue.
    expect([...rightsOf(rehearsing), 'sqs:TagQueue'].toSorted()).toEqual(documented(REHEARSE).toSorted())
    expect(page.split(REHEARSE)[1]?.split('```')[1]).toContain(`:mqlift-rehearsal-*"`)
  })

  test('nothing else printed lets anybody purge, delete or receive', () => {
    const all = [READ, CREATE, SEND].flatMap(documented)
    expect(all.filter((right) => /Purge|Delete|Receive|\*/.test(right))).toEqual([])
  })
})
