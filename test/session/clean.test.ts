import {mkdir} from 'node:fs/promises'

import {describe, expect, test} from 'vitest'

import {Taken} from '../../src/archive/taken.ts'
import Clean from '../../src/commands/clean.ts'
import {runCommand} from '../helpers/run-command.ts'
import type {Spoken} from './a-session.ts'
import {accountIn, killedRetry, openIn, setAside} from './set-aside.ts'

const clean = (session: Spoken, ...flags: string[]) =>
  runCommand(Clean, ['--dir', session.dir, '--no-color', '--json', ...flags])
const isThere = (session: Spoken, name: string): Promise<boolean> => session.workspace.has(name)

describe('clean --execute', () => {
  test('keeps an archive that alone has quarantined messages, and says what to do', async () => {
    const {session} = await setAside()
    const ran = await clean(session, '--execute')
    expect(ran.exit).toBe(5)
    const {error} = ran.json()
    expect(error).toMatchObject({kind: 'refused', reason: 'only-in-archive'})
    expect(error.message).toContain('3 quarantined messages would be lost')
    expect(await isThere(session, 'archive')).toBe(true)
  })

  test('so it does after a retry that was killed', async () => {
    const {session, claims} = await setAside()
    await killedRetry(session, claims)
    expect((await clean(session, '--execute')).json()).toMatchObject({error: {reason: 'only-in-archive'}})
    expect(await isThere(session, 'archive')).toBe(true)
  })

  test('without --execute, the refusal is announced', async () => {
    const {session} = await setAside()
    const {exit, stderr} = await clean(session)
    expect(exit).toBe(0)
    expect(stderr).toContain('--execute is refused: 3 quarantined messages would be lost')
    expect(stderr).toContain('--quarantined-too')
  })

  test('removes it when they are given up, and the ledger stays', async () => {
    const {session} = await setAside()
    expect((await clean(session, '--execute', '--quarantined-too')).exit).toBe(0)
    expect(await isThere(session, 'archive')).toBe(false)
    expect(await accountIn(session)).toMatchObject({quarantined: 3})
  })

  test('what is known by the numbers of the ledger stays as long as the ledger', async () => {
    const {session} = await setAside()
    await session.workspace.writeText('retry/pending.json', '{}')
    expect((await clean(session, '--execute', '--quarantined-too')).exit).toBe(0)
    expect(await isThere(session, 'retry/pending.json')).toBe(true)
  })

  test('removes it when all of them came back to the old broker; the ledger with it, when asked', async () => {
    const {session, seqs} = await setAside()
    {
      await using taken = await Taken.open(session.workspace.path('rollback/taken.log'))
      await taken.take(seqs, 'replayed')
    }
    for (const name of ['rollback/removed.jsonl', 'retry/taken.log', 'retry/pending.json'])
      await session.workspace.writeText(name, name.endsWith('.json') ? '{}' : '')
    expect((await clean(session, '--execute', '--ledger')).exit).toBe(0)
    for (const name of [
      'archive',
      'ledger.db',
      'ledger.db-wal',
      'ledger.lock',
      'ledger.key',
      'ledger.reserve',
      'rollback/taken.log',
      'rollback/removed.jsonl',
      'retry/taken.log',
      'retry/pending.json',
    ])
      expect([name, await isThere(session, name)]).toEqual([name, false])
  })

  test('removes nothing under a run', async () => {
    const {session} = await setAside()
    await using _running = await openIn(session.dir)
    const ran = await clean(session, '--execute', '--quarantined-too')
    expect(ran.json()).toMatchObject({error: {reason: 'ledger-locked'}})
    expect(await isThere(session, 'archive')).toBe(true)
  })

  test('keeps the names of scratch resources that may be left', async () => {
    const {session} = await setAside()
    await mkdir(session.workspace.path('rehearsal'))
    const step = {
      id: 'sqs-queue:orders',
      platform: 'sqs-standard',
      do: 'sqs-queue',
      name: 'mqlift-scratch-orders',
      when: 'before',
      settings: {},
      needs: [],
      for: [],
      because: [],
    }
    const scratch = {run: 'run-0', region: 'eu-central-1', endpoint: null, steps: [step]}
    await session.workspace.writeText('rehearsal/scratch.json', JSON.stringify(scratch))
    const {error} = (await clean(session, '--execute', '--quarantined-too')).json()
    expect(error).toMatchObject({kind: 'refused', reason: 'rehearsal-left'})
    expect(error.suggestions[0]).toContain('mqlift migrate --rehearse --execute')
    expect(error.suggestions[1]).toContain('mqlift-scratch-orders')
    expect(await isThere(session, 'rehearsal/scratch.json')).toBe(true)
  })
})
