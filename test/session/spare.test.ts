import {rm} from 'node:fs/promises'

import {expect, test} from 'vitest'

import {openArchive} from '../../src/archive/archive.ts'
import {Taken} from '../../src/archive/taken.ts'
import type {Claim, Ledger, Outcome} from '../../src/ledger/ledger.ts'
import {openLedger} from '../../src/ledger/open.ts'
import {digestOf, encodeHead} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {afterwards, surveyOf} from '../../src/session/rollback-survey.ts'
import {spare} from '../../src/session/spare.ts'
import {Workspace} from '../../src/workspace/workspace.ts'
import {envelope} from '../fakes/plan.ts'
import {RUN} from '../fakes/world.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession} from './a-session.ts'
import {FACTS} from './set-aside.ts'

const START = {at: RUN.at, depth: 3, counters: null, atTarget: 0}
const quarantined = ({entry}: Claim): Outcome => ({entry, outcome: 'quarantined', reason: 'too large'})
const sent = ({entry}: Claim): Outcome => ({entry, outcome: 'accepted', targetId: 'id', unknownAttempts: 0})

/** A ledger and an archive of messages that left, each as it is said. Returns the numbers of their entries. */
async function left(
  workspace: Workspace,
  ledger: Ledger,
  messages: readonly (readonly [Envelope, (claim: Claim) => Outcome])[],
): Promise<number[]> {
  const lane = await ledger.lane(FACTS, () => Promise.resolve(START))
  const claims = await lane.claim(
    messages.map(([one]) => ({
      digest: digestOf(ledger.key, encodeHead(one), one.body),
      bytes: one.body.byteLength,
      redelivered: false,
    })),
  )
  const seqs = claims.map(({entry}) => entry.seq)
  await using archive = await openArchive(workspace.path('archive'))
  await archive.append(
    messages.map(([one], index) => ({seq: seqs[index] ?? 0, head: encodeHead(one), body: one.body})),
  )
  await lane.record(claims.flatMap((claim, index) => messages[index]?.[1](claim) ?? []))
  await lane.end('drained', 'the queue is empty')
  return seqs
}

const ledgerOf = (workspace: Workspace): Promise<Ledger> =>
  openLedger(workspace.path('ledger.db'), RUN, {reserveBytes: 4096})

test('a copy that came from a target spares a message that went there, never one that was set aside', async () => {
  const session = aSession(await tempFolder())
  const {workspace} = session
  const folder = new Workspace(workspace.path('rollback'))
  await workspace.writeText('rollback/note', '')
  await using forward = await ledgerOf(workspace)
  const twin = envelope('a')
  const seqs = await left(workspace, forward, [
    [twin, quarantined],
    [twin, sent],
    [twin, sent],
  ])
  {
    await using back = await ledgerOf(folder)
    await left(folder, back, [[twin, sent]])
  }
  await using taken = await Taken.open(workspace.path('rollback/taken.log'))
  const spared = async () => {
    await spare(await surveyOf(session, forward, {}), {forward, taken, folder})
    return seqs.map((seq) => taken.elsewhere.has(seq))
  }
  expect(await spared()).toEqual([false, true, false])
  // The copy has had its record: looked at again, it spares no other.
  expect(await spared()).toEqual([false, true, false])
})

test('what has come back since is counted without reading the archive again', async () => {
  const session = aSession(await tempFolder())
  const {workspace} = session
  await using forward = await ledgerOf(workspace)
  const messages = ['a', 'b', 'c', 'd'].map((body) => [envelope(body), sent] as const)
  const [first = 0, second = 0, third = 0] = await left(workspace, forward, messages)
  const before = await surveyOf(session, forward, {})
  await using taken = await Taken.open(workspace.path('rollback/taken.log'))
  await taken.take([first], 'replayed')
  await taken.take([second, third], 'elsewhere')
  expect(before.destinations).toMatchObject([{back: 0, elsewhere: 0, waiting: 4}])
  const after = await surveyOf(session, forward, {})
  await rm(workspace.path('archive'), {recursive: true})
  const {destinations} = afterwards(before, taken)
  expect(destinations).toMatchObject([{back: 1, elsewhere: 2, waiting: 1}])
  expect(destinations).toEqual(after.destinations)
})
