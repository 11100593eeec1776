import {readdirSync} from 'node:fs'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {beforeEach, describe, expect, test} from 'vitest'

import Apply from '../../src/commands/apply.ts'
import Assess from '../../src/commands/assess.ts'
import Migrate from '../../src/commands/migrate.ts'
import PlanCommand from '../../src/commands/plan.ts'
import {startAws, type TestAws} from '../helpers/aws.ts'
import {estate, inventoryFile, queue} from '../helpers/estate.ts'
import {runCommand} from '../helpers/run-command.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const IN = ['--account', '000000000000', '--region', 'eu-central-1']
const fact = <T>(value: T) => ({value, evidence: 'definitions.json'})
const lossy = queue('by-priority', {maxPriority: fact(10)})

let dir: string
let aws: TestAws

async function assessed(...queues: Parameters<typeof estate>): Promise<void> {
  const file = await inventoryFile(await tempFolder(), estate(...queues))
  expect((await runCommand(Assess, [file, '--dir', dir])).exit).toBe(0)
}

/** The plan loses something nobody accepted: the queue is sent to SQS, which has no priorities. */
async function lossyPlan(): Promise<void> {
  await assessed(queue('orders'), lossy)
  await writeFile(join(dir, 'mqlift.yaml'), 'platforms: {by-priority: sqs-standard}\n')
}

beforeEach(async () => {
  dir = join(await tempFolder(), 'move')
  aws = await startAws()
})

describe('plan', () => {
  test('writes plan.json and plan.md, and ends with what would be refused', async () => {
    await assessed(queue('orders'))
    const ran = await runCommand(PlanCommand, ['--dir', dir, ...IN])
    expect(ran.exit).toBe(0)
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toBe('would refuse: 0')
    expect(ran.stderr).toContain(join(dir, 'plan.md'))
    expect(await readFile(join(dir, 'plan.md'), 'utf8')).toContain('orders')
    const json = await runCommand(PlanCommand, ['--dir', dir, ...IN, '--json'])
    expect(json.json()).toEqual(JSON.parse(await readFile(join(dir, 'plan.json'), 'utf8')))
  })

  test('pins the account that AWS names, and keeps it', async () => {
    await assessed(queue('orders'))
    const ran = await runCommand(PlanCommand, ['--dir', dir, '--json'], aws.env)
    expect(ran.json()).toMatchObject({account: '000000000000', region: 'eu-central-1'})
    const later = await runCommand(PlanCommand, ['--dir', dir, '--json'], {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    })
    expect(later.json()).toMatchObject({account: '000000000000', region: 'eu-central-1'})
  })

  test('shows an unaccepted loss with the flag that accepts it, and the flag does', async () => {
    await lossyPlan()
    const before = await runCommand(PlanCommand, ['--dir', dir, ...IN])
    expect(before.stdout).toMatch(/would refuse: [1-9]/)
    const [accept] = /--accept=[^\s']+/.exec(before.stdout) ?? []
    expect(accept).toBeDefined()
    const after = await runCommand(PlanCommand, ['--dir', dir, ...IN, ...(accept ? [accept] : []), '--json'])
    expect(after.json()['losses']).toMatchObject([{acceptedBy: expect.any(String)}])
    expect(await readFile(join(dir, 'decisions.yaml'), 'utf8')).toContain('answer: accept')
  })

  test('refuses an answer to what is not asked, and a malformed one', async () => {
    await assessed(queue('orders'))
    const unknown = await runCommand(PlanCommand, ['--dir', dir, ...IN, '--answer', 'no-such=yes'])
    expect(unknown.exit).toBe(2)
    expect(unknown.stderr).toContain('no-such')
    expect((await runCommand(PlanCommand, ['--dir', dir, ...IN, '--answer', 'nothing'])).exit).toBe(2)
    expect(readdirSync(dir)).not.toContain('decisions.yaml')
  })
})

describe('apply', () => {
  test('names what it would create and changes nothing without --execute', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    const ran = await runCommand(Apply, ['--dir', dir], aws.env)
    expect(ran.exit).toBe(0)
    expect(ran.stdout).toContain('sqs-queue:orders')
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toBe('would refuse: 0')
    const again = await runCommand(Apply, ['--dir', dir, '--json'], aws.env)
    expect(again.json()).toMatchObject({executed: false, writes: 0})
    expect(again.json()['missing']).toContain('sqs-queue:orders')
    expect(ran.stderr).toContain(`to change it: mqlift apply --execute --dir=${dir}`)
    expect(readdirSync(dir)).not.toContain('deployment.json')
  })

  test('creates with --execute, and writes nothing the second time', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    const first = await runCommand(Apply, ['--dir', dir, '--execute', '--json'], aws.env)
    expect(first.exit).toBe(0)
    expect(first.json()['writes']).toBeGreaterThan(0)
    const second = await runCommand(Apply, ['--dir', dir, '--execute', '--json'], aws.env)
    expect(second.json()).toMatchObject({writes: 0, drift: []})
    const {runs} = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'))
    expect(runs.at(-1)).toMatchObject({caller: expect.stringContaining('arn:aws:'), exit: 0})
  })

  test('refuses another account with exit 5', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir, '--account', '123456789012', '--region', 'eu-central-1'])
    const ran = await runCommand(Apply, ['--dir', dir, '--execute', '--json'], aws.env)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({error: {kind: 'refused', reason: 'wrong-account'}})
  })

  test('refuses when --account is not the account of the plan', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    const argv = ['--dir', dir, '--execute', '--account', '111111111111', '--json']
    const ran = await runCommand(Apply, argv, aws.env)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({
      error: {reason: 'wrong-account', message: 'the plan is for account 000000000000, not for 111111111111'},
    })
    expect(readdirSync(dir)).not.toContain('deployment.json')
  })

  test('exits 4 when AWS does not answer', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir, ...IN])
    const ran = await runCommand(Apply, ['--dir', dir, '--json'], {
      ...aws.env,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    })
    expect(ran.exit).toBe(4)
    expect(ran.json()).toMatchObject({error: {kind: 'unreachable'}})
  })

  test('refuses a loss that nobody accepted, even when plan.json was edited to say so', async () => {
    await lossyPlan()
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    const path = join(dir, 'plan.json')
    const plan = JSON.parse(await readFile(path, 'utf8'))
    for (const loss of plan.losses) loss.acceptedBy = 'me'
    await writeFile(path, JSON.stringify(plan))
    const ran = await runCommand(Apply, ['--dir', dir, '--execute', '--json'], aws.env)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({error: {kind: 'refused', reason: 'unaccepted-losses'}})
  })
})

describe('migrate without a broker', () => {
  test('refuses patterns that select nothing', async () => {
    await assessed(queue('orders'))
    const ran = await runCommand(Migrate, ['--dir', dir, '--only', 'order', '--json'], aws.env)
    expect(ran.exit).toBe(2)
    expect(ran.json()).toMatchObject({error: {kind: 'usage', reason: 'nothing-selected'}})
  })

  test('writes and prints the plan and changes nothing', async () => {
    await assessed(queue('orders'))
    const ran = await runCommand(Migrate, ['--dir', dir], aws.env)
    expect(ran.exit).toBe(0)
    expect(ran.stdout).toMatch(/would refuse: 0\n$/)
    expect(ran.stderr).toContain(join(dir, 'archive'))
    const json = await runCommand(Migrate, ['--dir', dir, '--json'], aws.env)
    expect(json.json()).toMatchObject({kind: 'mqlift/plan', wouldRefuse: 0})
    expect(readdirSync(dir)).not.toContain('deployment.json')
  })

  test('with --execute and without a plan writes the plan and stops with exit 5', async () => {
    await assessed(queue('orders'))
    const ran = await runCommand(Migrate, ['--dir', dir, '--execute', '--json'], aws.env)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({kind: 'mqlift/plan', error: {kind: 'refused', reason: 'no-plan'}})
    expect(readdirSync(dir)).toContain('plan.md')
    expect(readdirSync(dir)).not.toContain('deployment.json')
  })

  test('refuses unaccepted losses with --execute, but not for what is left out', async () => {
    await lossyPlan()
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    const ran = await runCommand(Migrate, ['--dir', dir, '--execute', '--json'], aws.env)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({wouldRefuse: 1, error: {reason: 'unaccepted-losses'}})
    const part = await runCommand(Migrate, ['--dir', dir, '--except', 'by-*', '--json'], aws.env)
    expect(part.json()).toMatchObject({wouldRefuse: 0})
  })

  test('refuses to move from elsewhere into an emulator unless told', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    const argv = ['amqps://ops@rabbit.example/', '--dir', dir, '--execute', '--json']
    const ran = await runCommand(Migrate, argv, aws.env)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({error: {reason: 'emulator'}})
    const allowed = await runCommand(
      Migrate,
      ['amqps://ops@rabbit.example/', '--dir', dir, '--allow-emulator', '--json'],
      aws.env,
    )
    expect(allowed.json()).toMatchObject({wouldRefuse: 0})
  })

  test('refuses a plan that was edited after it was applied', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    await runCommand(Apply, ['--dir', dir, '--execute'], aws.env)
    const path = join(dir, 'plan.json')
    const plan = JSON.parse(await readFile(path, 'utf8'))
    plan.moves[0].order = plan.moves[0].order === 'strict' ? 'none' : 'strict'
    await writeFile(path, JSON.stringify(plan))
    const ran = await runCommand(Migrate, ['amqp://localhost', '--dir', dir, '--execute', '--json'], aws.env)
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({error: {kind: 'refused', reason: 'plan-edited'}})
  })

  test('says which broker is missing', async () => {
    await assessed(queue('orders'))
    await runCommand(PlanCommand, ['--dir', dir], aws.env)
    const ran = await runCommand(Migrate, ['--dir', dir, '--execute', '--json'], aws.env)
    expect(ran.exit).toBe(2)
    expect(ran.json()).toMatchObject({error: {kind: 'usage', reason: 'no-source'}})
  })
})
