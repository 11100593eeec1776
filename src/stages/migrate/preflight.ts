import {MqliftError} from '../../errors.ts'
import type {Body} from '../../model/artefact.ts'
import type {Deployment, Resource} from '../../model/deployment.ts'
import {parseId} from '../../model/id.ts'
import type {Move, Plan} from '../../model/plan.ts'
import {visible} from '../../model/visible.ts'
import type {Depth} from '../../sources/source.ts'
import {RAISE_LIMIT, tooOften} from './limits.ts'
import {consumersError} from './stops.ts'

export interface MigrateInput {
  readonly plan: Body<Plan>
  /** Null before `apply`: good for a description only. */
  readonly deployment: Body<Deployment> | null
  /** By source id. */
  readonly only?: (source: string) => boolean
  /** Ids of decisions that accept a loss: a rule, or `<rule>:<source>`. */
  readonly accepted?: ReadonlySet<string>
}

/** Something that must be settled before anything moves. */
export interface Refusal {
  readonly reason: string
  /** Source id or question; null = the whole plan. */
  readonly subject: string | null
  readonly because: string
  readonly suggestion: string
}

export interface DescribedMove {
  readonly move: string
  readonly source: string
  readonly target: string
  readonly address: string | null
  readonly order: Move['order']
  readonly messages: number | null
  readonly bytes: number | null
  readonly estimateSeconds: number | null
}

export interface Description {
  readonly moves: readonly DescribedMove[]
  readonly refusals: readonly Refusal[]
  /** Messages and bytes that would be moved, and so archived; null = one of them is unknown. */
  readonly messages: number | null
  readonly bytes: number | null
  readonly estimateSeconds: number | null
}

export const selectedMoves = ({plan, only}: MigrateInput): Move[] =>
  plan.moves.filter(({source}) => !only || only(source))

/** What `migrate` without `--execute` prints: the moves, how long they take, and what would be refused. Pure. */
export function describeMigration(input: MigrateInput): Description {
  const moves = selectedMoves(input)
  const resources = resourcesOf(input.deployment)
  return {
    moves: moves.map((move) => ({
      move: move.id,
      source: move.source,
      target: move.target,
      address: resources.get(move.target)?.address ?? null,
      order: move.order,
      messages: move.expected.messages,
      bytes: move.expected.bytes,
      estimateSeconds: move.estimateSeconds,
    })),
    refusals: refusalsOf(input),
    messages: total(moves.map(({expected}) => expected.messages)),
    bytes: total(moves.map(({expected}) => expected.bytes)),
    // Lanes run side by side: the longest decides.
    estimateSeconds: longest(moves.map(({estimateSeconds}) => estimateSeconds)),
  }
}

export function refusalsOf(input: MigrateInput): Refusal[] {
  const {plan, deployment} = input
  const moves = selectedMoves(input)
  const sources = new Set(moves.map(({source}) => source))
  const concerns = (subject: string): boolean => !input.only || sources.has(subject)
  return [
    ...plan.open
      .filter(({answer, subject}) => answer === null && concerns(subject))
      .map(({id, subject, question}) => refusal('open-question', subject, question, `--answer '${id}=…'`)),
    ...plan.losses
      .filter(({acceptedBy, subject}) => acceptedBy === null && concerns(subject))
      .map(({id, subject, reason}) => refusal('loss-not-accepted', subject, reason, `--accept '${id}'`)),
    ...(deployment ? [...wrongPlace(plan, deployment), ...missing(moves, deployment)] : []),
    ...moves.flatMap((move) => {
      const often = tooOften(move, 0)
      return often === undefined ? [] : [refusal('delivery-limit', move.source, often, RAISE_LIMIT)]
    }),
  ]
}

/** What only the broker can tell, asked just before a lane starts. Undefined = go. */
export function sourceRefusal(move: Move, depth: Depth | null): MqliftError | undefined {
  const {vhost, name} = parseId(move.source)
  if (!depth) {
    return new MqliftError(
      'incomplete',
      `there is no queue ${visible(name)} in virtual host ${visible(vhost)}`,
      {
        reason: 'source-changed',
        suggestions: ['inspect and plan again, or leave it out with --except'],
      },
    )
  }
  // A bridge runs beside the consumers of the old side until they have moved.
  if (depth.consumers === 0 || move.mode === 'bridge') return undefined
  return consumersError(
    `${depth.consumers} consumers still read from ${visible(name)}: what they take would be missing in the account`,
  )
}

export const resourcesOf = (deployment: Body<Deployment> | null): ReadonlyMap<string, Resource> =>
  new Map(deployment?.resources.map((resource) => [resource.step, resource]))

/** A resource that AWS may still be changing does not take messages yet. */
export function notReady({readyAt}: Resource, now: number): number {
  return Math.max(0, Date.parse(readyAt) - now)
}

function wrongPlace(plan: Body<Plan>, deployment: Body<Deployment>): Refusal[] {
  const same = plan.account === deployment.account && plan.region === deployment.region
  if (same) return []
  const planned = `${plan.account ?? 'no account'}, ${plan.region ?? 'no Region'}`
  const because = `the plan is for ${planned}; the resources are in ${deployment.account}, ${deployment.region}`
  return [refusal('wrong-account', null, because, 'sign in to the planned account, or plan again')]
}

function missing(moves: readonly Move[], deployment: Body<Deployment>): Refusal[] {
  const resources = resourcesOf(deployment)
  return moves
    .filter(({target}) => !resources.has(target))
    .map(({source, target}) =>
      refusal('not-applied', source, `its target ${target} does not exist yet`, 'mqlift apply --execute'),
    )
}

const refusal = (reason: string, subject: string | null, because: string, suggestion: string): Refusal => ({
  reason,
  subject,
  because,
  suggestion,
})

function total(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0)
}

function longest(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (most === null || value === null ? null : Math.max(most, value)), 0)
}
