import {describe, expect, test} from 'vitest'

import {Taken} from '../../src/archive/taken.ts'
import {renderRetry} from '../../src/cli/render/retry.ts'
import {execute} from '../../src/session/migrate.ts'
import {readPending} from '../../src/session/pending.ts'
import {describeRetry} from '../../src/session/retry.ts'
import {runRollback} from '../../src/session/rollback.ts'
import {plan} from '../fakes/plan.ts'
import type {Spoken} from './a-session.ts'
import {accountIn, killedRetry, setAside} from './set-aside.ts'

const FLAGS = {execute: true, until: 'empty', archive: 'on', 'allow-emulator': false} as const

async function brought(session: Spoken, ...seqs: readonly number[]): Promise<void> {
  await using taken = await Taken.open(session.workspace.path('rollback/taken.log'))
  await taken.take(seqs, 'replayed')
}

async function expectAsideAgain(session: Spoken): Promise<void> {
  expect(await accountIn(session)).toMatchObject({quarantined: 3, failed: 0, state: 'drained'})
  expect(await readPending(session.workspace)).toEqual({})
}

describe('what a rollback has brought back', () => {
  test('is not retried, and said', async () => {
    const {session, seqs} = await setAside()
    await brought(session, ...seqs.slice(0, 1))
    const described = await describeRetry(session, FLAGS)
    expect(described).toMatchObject({broughtBack: 1, destinations: [{inArchive: 2, atSource: 0}]})
    expect(renderRetry(described, session.talk.tint)).toContain(
      '1 message that was set aside came back to the old broker by mqlift rollback: not retried',
    )
  })

  test('when it is all, nothing is left to retry, and that is said, too', async () => {
    const {session, seqs} = await setAside()
    await brought(session, ...seqs)
    const described = await describeRetry(session, FLAGS)
    expect(described).toMatchObject({broughtBack: 3, destinations: []})
    expect(renderRetry(described, session.talk.tint)).toContain('3 messages that were set aside came back')
  })
})

describe('after a retry that was killed', () => {
  test('its entries are failed until somebody opens the ledger, and offered by the next retry', async () => {
    const {session, claims} = await setAside()
    await killedRetry(session, claims)
    expect(await accountIn(session)).toMatchObject({quarantined: 0, failed: 3})
    expect(await describeRetry(session, FLAGS)).toMatchObject({destinations: [{inArchive: 3, atSource: 0}]})
  })

  test('migrate sets them aside again before it reads: no message of the broker is taken for one', async () => {
    const {session, claims} = await setAside()
    await killedRetry(session, claims)
    const body = {...plan([]), kind: 'mqlift/plan', version: 1, inputs: {}} as const
    const prepared = {
      plan: body,
      fresh: false,
      selected: () => false,
      place: {account: null, region: null, endpoint: null},
      accepted: new Set<string>(),
      obstacles: {open: [], unaccepted: [], others: []},
      refusal: undefined,
      notes: [],
    }
    // There is no broker: it ends there, and the account is right already.
    await expect(execute(session, prepared, FLAGS, [])).rejects.toThrow('')
    await expectAsideAgain(session)
  })

  test('rollback does so, too: what is in the archive comes back', async () => {
    const {session, claims} = await setAside()
    await killedRetry(session, claims)
    await expect(runRollback(session, {execute: true}, [])).rejects.toThrow('')
    await expectAsideAgain(session)
    expect(session.said.join('\n')).toContain('a retry was killed: 3 messages of it set aside again')
  })
})
