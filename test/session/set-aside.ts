import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import type {Claim, Ledger, Outcome} from '../../src/ledger/ledger.ts'
import {openLedger, readLedger} from '../../src/ledger/open.ts'
import {digestOf, encodeHead} from '../../src/model/canonical.ts'
import {writePending} from '../../src/session/pending.ts'
import {envelope, move, ORDERS} from '../fakes/plan.ts'
import {RUN} from '../fakes/world.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession, type Spoken} from './a-session.ts'

export const MOVE = move()
export const FACTS = {
  move: MOVE.id,
  source: ORDERS,
  target: MOVE.target,
  address: 'memory://orders',
  createdAt: null,
  sourceType: 'classic',
  fifo: false,
}
const START = {at: RUN.at, depth: 3, counters: null, atTarget: 0}

export const openIn = (dir: string): Promise<Ledger> =>
  openLedger(join(dir, 'ledger.db'), RUN, {reserveBytes: 4096})

const asQuarantined = ({entry}: Claim): Outcome => ({entry, outcome: 'quarantined', reason: 'too large'})
const asRefused = ({entry}: Claim): Outcome => ({
  entry,
  unknownAttempts: 0,
  outcome: 'refused',
  retryable: true,
  reason: 'too large',
})

/** A queue that was drained: three messages were too large, and are in the archive and nowhere else. */
export async function setAside(): Promise<{session: Spoken; seqs: number[]; claims: readonly Claim[]}> {
  const dir = await tempFolder()
  await using ledger = await openIn(dir)
  const envelopes = ['a', 'b', 'c'].map((body) => envelope(body))
  const lane = await ledger.lane(FACTS, () => Promise.resolve(START))
  const claims = await lane.claim(
    envelopes.map((one) => ({
      digest: digestOf(ledger.key, encodeHead(one), one.body),
      bytes: one.body.byteLength,
      redelivered: false,
    })),
  )
  {
    await using archive = await openArchive(join(dir, 'archive'))
    await archive.append(
      envelopes.map((one, index) => ({
        seq: claims[index]?.entry.seq ?? 0,
        head: encodeHead(one),
        body: one.body,
      })),
    )
  }
  await lane.record(claims.map(asQuarantined))
  await lane.end('drained', 'the queue is empty')
  return {session: aSession(dir), seqs: claims.map(({entry}) => entry.seq), claims}
}

/** What a retry leaves that is killed before it has sent anything: its entries are open again, and noted. */
export async function killedRetry(session: Spoken, claims: readonly Claim[]): Promise<void> {
  const seqs = claims.map(({entry}) => entry.seq)
  await writePending(session.workspace, {
    [MOVE.id]: {seqs, state: 'drained', endReason: 'the queue is empty'},
  })
  await using ledger = await openIn(session.dir)
  const lane = await ledger.lane(FACTS, () => Promise.resolve(START))
  await lane.record(claims.map(asRefused))
}

export async function accountIn(session: Spoken) {
  await using ledger = await readLedger(session.workspace.path('ledger.db'))
  return ledger.account(MOVE.id)
}
