import type {KeyObject} from 'node:crypto'
import {setTimeout as sleep} from 'node:timers/promises'

import {digest} from '../../model/canonical.ts'
import type {Resource} from '../../model/deployment.ts'
import type {Envelope} from '../../model/envelope.ts'
import type {Move} from '../../model/plan.ts'
import type {RehearsedMove} from '../../model/rehearsal.ts'
import type {LaneOutcome} from '../../stages/migrate.ts'
import type {Targets} from '../targets.ts'
import {compare, type Difference, type Out} from './compare.ts'
import type {Copy} from './copies.ts'

/** A service of many servers may hide a message for a while: asked again until nothing is missing, or for so long. */
const PATIENCE_MS = 60_000
const AGAIN_MS = 2000

export interface Drained {
  readonly resource: Resource
  /** All that was sent there, by all moves that fill it. */
  readonly copies: readonly Copy[]
  readonly ordered: boolean
}

interface Ports {
  readonly targets: Targets
  readonly key: KeyObject
  readonly now: () => number
}

/** Takes everything out of a scratch target and compares it with what was sent. Null = it cannot be read. */
export async function prove(
  {resource, copies, ordered}: Drained,
  {targets, key, now}: Ports,
  signal: AbortSignal,
): Promise<Difference | null> {
  const platform = await targets.platform(resource.platform)
  if (!platform.drain) return null
  const held = (envelope: Envelope): Envelope => platform.comparable?.(envelope) ?? envelope
  const out: Out[] = []
  const until = now() + PATIENCE_MS
  for (;;) {
    for await (const {envelope, group} of platform.drain(resource, signal)) {
      out.push({
        digest: envelope === null ? null : digest(key, held(envelope)).toString('base64'),
        ...(group !== undefined && {group}),
      })
    }
    const difference = compare(copies, out, ordered)
    if (difference.missing === 0 || now() > until) return difference
    await sleep(AGAIN_MS, undefined, {signal})
  }
}

export interface Ended {
  readonly move: Move
  readonly scratch: string
  readonly structure: string | null
  readonly copies: readonly Copy[]
  readonly seconds: number
  readonly lane: LaneOutcome | undefined
  readonly difference: Difference | null
}

/** Fewer say more about the first connection than about the target. */
const ENOUGH_TO_MEASURE = 100

export function rehearsedMove({move, copies, seconds, difference, ...ended}: Ended): RehearsedMove {
  const refused = copies.filter((copy) => copy.refused === true).length
  const sent = copies.length - refused
  const {outcome, because} = verdict({move, copies, seconds, difference, ...ended}, refused)
  return {
    source: move.source,
    platform: move.platform,
    order: move.order,
    scratch: ended.scratch,
    structure: ended.structure,
    copies: copies.length,
    bytes: copies.reduce((sum, {bytes}) => sum + bytes, 0),
    refused,
    seconds,
    perSecond: sent < ENOUGH_TO_MEASURE || seconds === 0 ? null : sent / seconds,
    outcome,
    because,
    ...(difference ?? {missing: 0, unexpected: 0, repeated: 0, outOfOrder: 0}),
  }
}

function verdict(
  {lane, difference, copies, move}: Ended,
  refused: number,
): Pick<RehearsedMove, 'outcome' | 'because'> {
  if (lane && (lane.outcome === 'failed' || lane.outcome === 'paused'))
    return {outcome: 'not-checked', because: lane.reason}
  if (difference === null) return {outcome: 'not-checked', because: 'the scratch target was not read'}
  const {missing, unexpected, outOfOrder, repeated} = difference
  const twice = move.order === 'strict' ? repeated : 0
  if (missing + unexpected + outOfOrder + twice > 0) {
    const differences = Object.entries({missing, unexpected, 'out of order': outOfOrder, repeated: twice})
    const said = differences.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`)
    return {outcome: 'failed', because: said.join(', ')}
  }
  const order = move.order === 'strict' ? ', in their order' : ''
  const stay = refused === 0 ? '' : `; ${refused} would stay at the broker`
  return {outcome: 'passed', because: `all ${copies.length - refused} came out equal${order}${stay}`}
}
