import {MqliftError} from '../../errors.ts'
import {openLedger} from '../../ledger/open.ts'
import type {Body} from '../../model/artefact.ts'
import type {Move, Plan} from '../../model/plan.ts'
import type {Shovelled} from '../../model/shovels.ts'
import {limitError, tooOften, windowFor} from '../../stages/migrate/limits.ts'
import type {SourceFlags} from '../broker.ts'
import {ledgerRun} from '../ledger-run.ts'
import type {Session} from '../session.ts'
import type {TargetBrokerFlags} from '../target-brokers.ts'
import {type Ends, openEnds, targetId} from './ends.ts'
import {elsewhere, leftAlone} from './problems.ts'
import {QueueShovel} from './queue.ts'
import {readingOf} from './reading.ts'
import {Records} from './records.ts'

/** Messages that a shovel may have in hand: the default (rabbitmq.com/docs/shovel-dynamic, read 2026-11-24). */
const PREFETCH = 1000
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
    return await inTurns(moves, (move) => one(session, {ends, records, until: flags.until}, move))
  } catch (error) {
    const atWork = records.running.filter(({rounds}) => rounds > 0)
    if (signal.aborted && atWork.length > 0) throw leftAlone(atWork)
    throw error
  }
}

/** Several at once. When one fails, none is begun any more; those at work are watched to their end. */
async function inTurns<T>(moves: readonly Move[], work: (move: Move) => Promise<T>): Promise<readonly T[]> {
  const waiting = moves.values()
  const done: T[] = []
  let failed = false
  const worker = async (): Promise<void> => {
    for (const move of waiting) {
      if (failed) return
      try {
        done.push(await work(move))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({length: AT_ONCE}, worker))
  const rejected = ended.find(({status}) => status === 'rejected')
  if (rejected?.status === 'rejected') throw rejected.reason
  return done
}

interface Ports {
  readonly ends: Ends
  readonly records: Records
  readonly until: ShovelFlags['until']
}

async function one(session: Session, ports: Ports, move: Move): Promise<Shovelled> {
  const {ends, records, until} = ports
  const {now, talk, signal} = session
  signal.throwIfAborted()
  const often = tooOften(move, records.stoppedOf(move.id))
  if (often !== undefined) throw limitError(often)
  const known = records.running.find((record) => record.move === move.id)
  const record = known ?? (await begin(session, ends, {...move, name: records.newName()}))
  if (record.shovel.at !== ends.at) throw elsewhere(record)
  // Before anything is written down: it may be that nobody must be told the password.
  ends.shovel(record.shovel.name, move)
  if (!known) await records.add(record)
  const queue = new QueueShovel(ends, record, {
    until: until === 'mark' ? 'mark' : 'empty',
    prefetch: windowFor(move, 1, {messages: PREFETCH}).messages,
    now,
    say: (text) => talk.say(text),
    save: (changed) => records.replace(changed),
  })
  try {
    return await queue.run(signal)
  } catch (error) {
    await records.forgetUnused(record.shovel.name)
    if (error instanceof MqliftError && !signal.aborted) talk.warn(`${move.source}: ${error.message}`)
    throw error
  }
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
