import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import type {LedgerRun, MoveAccount} from '../../src/ledger/ledger.ts'
import {openLedger, readLedger} from '../../src/ledger/open.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import type {MigrateEvent} from '../../src/model/events.ts'
import type {Move, Plan} from '../../src/model/plan.ts'
import {
  migrate,
  type MigrateOptions,
  type MigrateOutcome,
  type MigratePorts,
} from '../../src/stages/migrate.ts'
import {broken, check, type Verdict} from '../faults/checker.ts'
import {MemoryBroker, type QueueOptions} from './memory-broker.ts'
import {MemoryTargets, type TargetOptions} from './memory-target.ts'
import {deployment, move, ORDERS, plan, resourceFor} from './plan.ts'
import {copyWorkspace, ledgerIn, Plug, plugged} from './plug.ts'

export interface WorldOptions {
  readonly move?: Partial<Move>
  readonly target?: TargetOptions
  readonly queue?: QueueOptions
  readonly archive?: boolean
  readonly plan?: Partial<Plan>
}

export const RUN: LedgerRun = {
  id: 'run-1',
  at: '2026-11-24T08:00:00.000Z',
  tool: '0.1.0',
  host: 'laptop',
  pid: process.pid,
  command: ['mqlift', 'migrate'],
  caller: null,
  plan: 'hash',
}

type RunOptions = MigrateOptions & Pick<LedgerRun, 'archiving'>

/** A broker, a target and a migration folder, over which processes come and go. */
export class World {
  readonly broker = new MemoryBroker()
  readonly targets = new MemoryTargets()
  readonly published: Envelope[] = []
  readonly events: MigrateEvent[] = []
  readonly move: Move
  readonly #options: WorldOptions
  readonly #root = mkdtempSync(join(tmpdir(), 'mqlift-world-'))
  #life = 0
  target: TargetOptions

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.target = options.target ?? {}
    this.move = move(options.move)
    this.broker.queue(ORDERS, options.queue)
    mkdirSync(this.folder)
  }

  get folder(): string {
    return join(this.#root, String(this.#life))
  }

  get ledgerPath(): string {
    return ledgerIn(this.folder)
  }

  get address(): string {
    return resourceFor(this.move).address
  }

  get queue() {
    return this.broker.queue(ORDERS)
  }

  publish(...envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      this.published.push(envelope)
      this.queue.publish(envelope)
    }
  }

  present(): Envelope[] {
    return this.targets.stored(this.address).map(({envelope}) => envelope)
  }

  /** One process. Null = it was killed; the next one starts from what it left. */
  async run(
    more: Partial<RunOptions> & {plug?: Plug; signal?: AbortSignal} = {},
  ): Promise<MigrateOutcome | null> {
    const {plug = new Plug(), signal = new AbortController().signal, ...options} = more
    const next = join(this.#root, String(this.#life + 1))
    plug.onDeath = () => {
      copyWorkspace(this.folder, next)
      this.broker.disconnectAll()
    }
    const running = this.#process(plug, signal, options)
    const outcome = await Promise.race([running, plug.died.then(() => null)])
    if (outcome === null) this.#life++
    return outcome
  }

  async account(): Promise<MoveAccount> {
    await using ledger = await readLedger(this.ledgerPath)
    const account = ledger.account(this.move.id)
    if (!account) throw new Error('no account')
    return account
  }

  /** Everything that is still at the source. Empties it. */
  left(): Envelope[] {
    const left: Envelope[] = []
    this.queue.connect()
    for (let message = this.queue.next(); message; message = this.queue.next()) left.push(message.envelope)
    return left
  }

  async verdict(group?: (envelope: Envelope) => string): Promise<Verdict> {
    return check({
      published: this.published,
      left: this.left(),
      present: this.present(),
      account: await this.account(),
      ...(group && {group}),
    })
  }

  async faults(group?: (envelope: Envelope) => string): Promise<string[]> {
    return broken(await this.verdict(group))
  }

  dispose(): void {
    rmSync(this.#root, {recursive: true, force: true})
  }

  async #process(
    plug: Plug,
    signal: AbortSignal,
    {archiving, ...options}: Partial<RunOptions>,
  ): Promise<MigrateOutcome> {
    const run = {...RUN, ...(archiving && {archiving})}
    await using ledger = await openLedger(this.ledgerPath, run, {reserveBytes: 4096})
    await using archive =
      this.#options.archive && archiving !== 'off' ? await openArchive(join(this.folder, 'archive')) : null
    const ports: MigratePorts = {
      source: this.broker.source(),
      target: (_, {address}) => Promise.resolve(this.targets.open(address, this.target)),
      count: (resource) => this.targets.count(resource),
      ledger,
      archive,
    }
    const input = {plan: plan([this.move], this.#options.plan), deployment: deployment([this.move])}
    const settings = {until: 'empty', now: Date.now, random: () => 0, ...options} as const
    return await migrate(
      input,
      plugged(ports, plug),
      {...settings, onEvent: (event) => this.events.push(event)},
      signal,
    )
  }
}
