import type {KeyObject} from 'node:crypto'

import type {Received} from '../../ledger/ledger.ts'
import {digestOf, encodeHead} from '../../model/canonical.ts'
import type {Mutable} from '../../model/mutable.ts'
import type {Loss, Move} from '../../model/plan.ts'
import type {Delivery} from '../../sources/source.ts'
import type {Encoded, Target} from '../../targets/target.ts'

/** A delivery on its way: encoded and digested once. */
export interface Item {
  readonly delivery: Delivery
  readonly encoded: Encoded
  /** Canonical head: for the digest, and for the archive. */
  readonly head: Buffer
  readonly received: Received
  /** The connection it came through, as the lane counts them. Acks of an older one are void. */
  readonly epoch: number
}

export interface Preparation {
  readonly move: Move
  readonly target: Target
  readonly key: KeyObject
  /** Says whether somebody accepted a loss of this move. */
  readonly accepts: (rule: string) => boolean
}

/** Everything that is decided before sending (rule 6). Pure but for the clock given. */
export function prepare(delivery: Delivery, epoch: number, now: number, by: Preparation): Item {
  const {envelope} = delivery
  const encoded = by.target.encode(envelope, now)
  const head = encodeHead(envelope)
  const failed = failureOf(encoded, by)
  const received: Mutable<Received> = {
    digest: digestOf(by.key, head, envelope.body),
    bytes: head.byteLength + envelope.body.byteLength,
    redelivered: envelope.delivery.redelivered,
  }
  if (envelope.identity !== undefined) received.identity = envelope.identity
  if (encoded.group !== undefined) received.group = encoded.group
  if (failed !== undefined) received.failed = failed
  return {delivery, encoded, head, received, epoch}
}

/** Why a message is not sent. Never quotes the message: reasons are counted and printed (SEC-8). */
function failureOf({refused, losses}: Encoded, {accepts}: Preparation): string | undefined {
  if (refused !== undefined) return refused
  const loss = losses.find(({rule}) => !accepts(rule))
  return loss && `would lose ${loss.field}: ${loss.reason} (accept ${loss.rule} to send it all the same)`
}

/** A loss is accepted in the plan, or by its rule or `<rule>:<source>` in decisions.yaml. */
export function acceptance(
  move: Move,
  losses: readonly Loss[],
  decided: ReadonlySet<string>,
): (rule: string) => boolean {
  const accepted = new Set(
    losses
      .filter(({subject, acceptedBy}) => subject === move.source && acceptedBy !== null)
      .map(({rule}) => rule),
  )
  return (rule) => accepted.has(rule) || decided.has(rule) || decided.has(`${rule}:${move.source}`)
}
