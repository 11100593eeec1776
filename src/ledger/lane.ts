import type {Entry} from '../targets/target.ts'
import type {Commits, Participant} from './commits.ts'
import type {DigestLog} from './digests.ts'
import {Folding} from './folding.ts'
import {Forgotten} from './forgotten.ts'
import type {Claim, LaneFacts, LedgerLane, Outcome, Received} from './ledger.ts'
import {Pairing} from './pairing.ts'
import type {LaneRow, OpenEntry} from './rows.ts'
import {STATE, stateAfter} from './schema.ts'
import type {Statements} from './statements.ts'
import {Tally} from './tally.ts'

/** What all lanes of a ledger share. */
export interface Shared {
  readonly commits: Commits
  readonly sql: Statements
  readonly digests: DigestLog
  readonly keyId: string
  readonly now: () => number
  /** Unique in the ledger, never reused. */
  readonly nextSeq: () => number
  readonly peekSeq: () => number
  /** Present while the archive is off: an entry from before is sent now, and will not be there. */
  readonly leaveOut?: (seq: number) => void
}

export class Lane implements LedgerLane, Participant {
  readonly facts: LaneFacts
  readonly #id: number
  readonly #shared: Shared
  /** Entries that are not settled, by seq. */
  readonly #open = new Map<number, OpenEntry>()
  readonly #pairing = new Pairing()
  readonly #tally: Tally
  readonly #folding: Folding
  readonly #forgotten: Forgotten
  #epoch: number
  #interruptions: number
  #distrusted: boolean

  constructor(row: LaneRow, entries: Iterable<OpenEntry>, shared: Shared) {
    this.facts = row.facts
    this.#id = row.id
    this.#shared = shared
    this.#epoch = row.epoch
    this.#interruptions = row.interruptions
    this.#distrusted = row.distrusted
    this.#tally = new Tally(row.id, row.receivedSum, shared.sql)
    this.#folding = new Folding({...shared, lane: row.id, foldedSum: row.foldedSum})
    this.#forgotten = new Forgotten(row.facts.sourceType, (most) =>
      row.folded === 0 ? [] : shared.digests.last(row.id, Math.min(most, row.folded)),
    )
    for (const entry of entries) {
      if (entry.state === STATE.settled) this.#settledBefore(entry)
      else this.#keep(entry)
    }
    this.#forgotten.interrupted()
  }

  get interruptions(): number {
    return this.#interruptions
  }

  get distrusted(): boolean {
    return this.#distrusted
  }

  claim(batch: readonly Received[]): Promise<readonly Claim[]> {
    return this.#shared.commits.run('claim', () => batch.map((item) => this.#claimOne(item)))
  }

  record(outcomes: readonly Outcome[]): Promise<void> {
    return this.#shared.commits.run(
      'record',
      () => {
        for (const outcome of outcomes) this.#recordOne(outcome)
      },
      () => {
        for (const outcome of outcomes) this.#recorded(outcome)
      },
    )
  }

  settle({seq}: Entry): void {
    const entry = this.#open.get(seq)
    // An archived message that left the source stays in its own bucket: it is not at the target.
    if (entry?.state !== STATE.sent) return
    this.#folding.settle(entry)
    this.#forgotten.settled(entry.digest)
    this.#forget(entry)
    this.#shared.commits.later()
  }

  lost({seq}: Entry): void {
    const entry = this.#open.get(seq)
    if (!entry || entry.spent || entry.epoch !== this.#epoch) return
    entry.spent = true
    this.#say(() => {
      this.#shared.sql.spend.run(seq)
      this.#tally.lost()
    })
  }

  async interrupted(reason: string): Promise<void> {
    await this.#run(() => {
      const mayComeBack = [...this.#open.values()].filter((entry) => this.#mayComeBack(entry))
      this.#event('interrupted', reason, mayComeBack.length)
      this.#shared.sql.epoch.run(this.#epoch + 1, this.#interruptions + 1, this.#id)
    })
    this.#epoch++
    this.#interruptions++
    this.#forgotten.interrupted()
  }

  countersReset(): void {
    this.#say(() => this.#shared.sql.countersReset.run(this.#id))
  }

  note(type: string, reason: string): void {
    this.#say(() => this.#event(type, reason, 0))
  }

  async drained(): Promise<void> {
    await this.#shared.commits.run(
      'other',
      () => this.#tally.absent(Number(this.#shared.sql.settleAbsent.run(this.#id, this.#epoch).changes)),
      () => {
        for (const entry of this.#open.values()) {
          if (entry.state !== STATE.sent || entry.epoch >= this.#epoch) continue
          this.#settledBefore(entry)
          this.#forget(entry)
        }
      },
    )
  }

  async start(): Promise<void> {
    this.#shared.commits.participants.add(this)
    await this.#run(() => this.#shared.sql.state.run('running', '', this.#id))
  }

  async end(state: 'drained' | 'stopped' | 'interrupted', reason: string): Promise<void> {
    this.#folding.finish()
    await this.#run(() => {
      this.#event(state, reason, 0)
      this.#shared.sql.state.run(state, reason, this.#id)
    })
    this.#shared.commits.participants.delete(this)
  }

  beforeCommit(): void {
    this.#folding.write()
    this.#tally.write()
  }

  afterCommit(): void {
    this.#folding.committed()
    this.#tally.committed()
  }

  rolledBack(): void {
    this.#folding.rolledBack()
    this.#tally.rolledBack()
  }

  #run(apply: () => unknown): Promise<void> {
    return this.#shared.commits.run('other', () => {
      apply()
    })
  }

  /** Nobody waits for it: a ledger that cannot write says so at the next claim or record. */
  #say(apply: () => unknown): void {
    this.#run(apply).catch(() => undefined)
  }

  #mayComeBack({state, epoch, spent}: OpenEntry): boolean {
    return (state === STATE.claimed || state === STATE.sent) && epoch === this.#epoch && !spent
  }

  #claimOne(item: Received): Claim {
    const state = item.failed === undefined ? STATE.claimed : STATE.failed
    const step = item.failed === undefined ? 'send' : 'failed'
    const earlier = this.#pairing.takeFailed(item, this.#epoch)
    if (earlier) return {entry: this.#reclaim(earlier, state, item.failed), step}
    const known = item.failed === undefined ? this.#sentBefore(item) : undefined
    if (known) return {entry: this.#carry(known), step: 'already-sent'}
    return {entry: this.#insert(item, state), step}
  }

  /** The entry that allows to ack without sending (I4), if any. A contradiction ends the trust for good (P5). */
  #sentBefore(item: Received): OpenEntry | undefined {
    if (item.identity === undefined || this.#distrusted) return undefined
    const known = this.#pairing.withIdentity(item.identity)
    if (!known) return undefined
    if (known.epoch >= this.#epoch || !known.digest.equals(item.digest)) {
      this.#distrusted = true
      this.#shared.sql.distrust.run(this.#id)
      this.#event('identity-distrusted', 'two messages carried one identity; everything is sent again', 0)
      return undefined
    }
    return item.redelivered && known.state === STATE.sent ? known : undefined
  }

  #carry(entry: OpenEntry): Entry {
    entry.epoch = this.#epoch
    entry.spent = false
    this.#shared.sql.carry.run(this.#epoch, entry.seq)
    this.#tally.spared()
    return entryOf(entry)
  }

  #reclaim(entry: OpenEntry, state: number, reason?: string): Entry {
    entry.epoch = this.#epoch
    entry.state = state
    this.#shared.sql.reclaim.run(this.#epoch, state, reason ?? null, entry.seq)
    this.#shared.leaveOut?.(entry.seq)
    this.#keep(entry)
    return entryOf(entry)
  }

  #insert(item: Received, state: number): Entry {
    const seq = this.#shared.nextSeq()
    const dedupId = this.facts.fifo ? (this.#takenOver(item) ?? `${this.#shared.keyId}-${seq}`) : undefined
    const {digest, identity} = item
    const what = [seq, this.#id, digest, item.bytes, this.#shared.now()] as const
    const who = [item.group ?? null, identity ?? null, dedupId ?? null] as const
    this.#shared.sql.insertEntry.run(...what, ...who, this.#epoch, state, item.failed ?? null)
    this.#tally.received(item)
    if (item.redelivered && this.#forgotten.take(item.digest)) this.#tally.lost()
    const entry = {seq, digest, identity, dedupId, epoch: this.#epoch, state, spent: false}
    this.#keep(entry)
    return entryOf(entry)
  }

  /** Copies are interchangeable, so at least as many come back as there are entries in doubt (I6). */
  #takenOver(item: Received): string | undefined {
    const entry = this.#pairing.takeDoubt(item, this.#epoch)
    if (!entry) return undefined
    entry.spent = true
    this.#shared.sql.spend.run(entry.seq)
    return entry.dedupId
  }

  #recordOne(outcome: Outcome): void {
    const {sql} = this.#shared
    const {seq} = outcome.entry
    if (outcome.outcome === 'accepted') {
      sql.accepted.run(1 + outcome.unknownAttempts, outcome.targetId, outcome.md5 ?? null, seq)
    } else sql.notAccepted.run(stateAfter(outcome), 1, outcome.reason, seq)
    this.#tally.recorded(outcome)
  }

  #recorded(outcome: Outcome): void {
    const entry = this.#open.get(outcome.entry.seq)
    if (!entry) return
    entry.state = stateAfter(outcome)
    if (entry.state === STATE.quarantined) this.#forget(entry)
    else this.#pairing.add(entry)
  }

  /** Already written as settled. */
  #settledBefore(entry: OpenEntry): void {
    this.#folding.settled([entry])
    this.#forgotten.settled(entry.digest)
  }

  #keep(entry: OpenEntry): void {
    this.#open.set(entry.seq, entry)
    this.#pairing.add(entry)
  }

  #forget(entry: OpenEntry): void {
    this.#open.delete(entry.seq)
    this.#pairing.settled(entry)
  }

  #event(type: string, reason: string, duplicates: number): void {
    this.#shared.sql.event.run(new Date(this.#shared.now()).toISOString(), this.#id, type, reason, duplicates)
  }
}

const entryOf = ({seq, dedupId}: OpenEntry): Entry => (dedupId === undefined ? {seq} : {seq, dedupId})
