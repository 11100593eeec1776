import {MqliftError} from '../../errors.ts'
import {openLedger} from '../../ledger/open.ts'
import type {Body} from '../../model/artefact.ts'
import type {Move, Plan} from '../../model/plan.ts'
import type {Shovelled} from '../../model/shovels.ts'
import type {SourceFlags} from '../broker.ts'
import {ledgerRun} from '../ledger-run.ts'
import type {Session} from '../session.ts'
import type {TargetBrokerFlags} from '../target-brokers.ts'
import {type Ends, openEnds, targetId} from './ends.ts'
import {elsewhere, leftAlone} from './problems.ts'
import {QueueShovel} from './queue.ts'
import {readingOf} from './reading.ts'
import {Records} from './records.ts'

/** Queues whose shovels run at once: a broker has other work to do. */
const AT_ONCE = 8

export interface ShovelFlags extends SourceFlags, TargetBrokerFlags {
  readonly until: 'empty' | 'mark' | 'sentinel'
}

/**
 * Moves by shovels. What was there before is on disk before the first is put, so that a killed run is taken up by the
 * next: it finds the shovel at work, or gone, and counts. The ledger is held, and stays empty: one mover per folder.
 */
export async function runShovels(
  session: Session,
  {moves}: Pick<Body<Plan>, 'moves'>,
  flags: ShovelFlags,
  given: readonly string[],
): Promise<readonly Shovelled[]> {
  const {workspace, now, signal} = session
  const run = ledgerRun(session, {plan: await workspace.hash('plan'), archiving: 'off'})
  await using _ledger = await openLedger(workspace.path('ledger.db'), run, {now})
  await using ends = await openEnds(session, flags, given)
  const records = await Records.of(session)
  try {
    return await inTurns(moves, signal, (move, stop) =>
      one(session, {ends, records, until: flags.until, stop}, move),
    )
  } catch (error) {
    if (signal.aborted) throw leftAlone(records.running)
    throw error
  }
}

/** Several at once. When one fails, none is begun any more, and nobody works on when this ends. */
async function inTurns<T>(
  moves: readonly Move[],
  signal: AbortSignal,
  work: (move: Move, stop: AbortSignal) => Promise<T>,
): Promise<readonly T[]> {
  const waiting = moves.values()
  const done: T[] = []
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const worker = async (): Promise<void> => {
    for (const move of waiting) done.push(await work(move, stop))
  }
  const workers = Array.from({length: AT_ONCE}, worker)
  try {
    await Promise.all(workers)
  } finally {
    failed.abort()
    await Promise.allSettled(workers)
  }
  return done
}

interface Ports {
  readonly ends: Ends
  readonly records: Records
  readonly until: ShovelFlags['until']
  readonly stop: AbortSignal
}

async function one(session: Session, ports: Ports, move: Move): Promise<Shovelled> {
  const {ends, records, until, stop} = ports
  const {now, talk} = session
  stop.throwIfAborted()
  const known = records.running.find((record) => record.move === move.id)
  const record = known ?? (await begin(session, ends, {...move, name: records.newName()}))
  if (record.shovel.at !== ends.at) throw elsewhere(record)
  if (!known) await records.add(record)
  const queue = new QueueShovel(ends, record, {
    until: until === 'mark' ? 'mark' : 'empty',
    now,
    say: (text) => talk.say(text),
    save: (changed) => records.replace(changed),
  })
  return queue.run(stop)
}

/** What both queues hold and have counted, before anything is moved. */
async function begin({now}: Session, ends: Ends, move: Move & {readonly name: string}): Promise<Shovelled> {
  const {id, source, target, name} = move
  const to = await ends.target.depth(targetId(move))
  const from = await ends.source.depth(source)
  if (!from || !to) throw missing(from ? target : source)
  return {
    move: id,
    source,
    target,
    shovel: {at: ends.at, vhost: ends.vhostOf(move), name},
    state: 'running',
    reason: null,
    rounds: 0,
    inHand: 0,
    others: 0,
    before: {source: readingOf(from, now()), target: readingOf(to, now())},
    after: null,
  }
}

const missing = (what: string): MqliftError =>
  new MqliftError('refused', `${what} is not there (any more)`, {
    reason: 'source-changed',
    suggestions: ['mqlift inspect, then plan and apply again'],
  })
