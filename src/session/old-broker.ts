import {redacted} from '../cli/redact.ts'
import {MqliftError} from '../errors.ts'
import type {Resource} from '../model/deployment.ts'
import {parseId} from '../model/id.ts'
import type {Move} from '../model/plan.ts'
import {word} from '../model/shell.ts'
import {visible} from '../model/visible.ts'
import type {BrokerOptions} from '../protocols/broker-options.ts'
import {clusterNameOf, openSource} from '../sources/index.ts'
import type {Source} from '../sources/source.ts'
import {brokerTarget} from '../targets/index.ts'
import type {Count, Target} from '../targets/target.ts'
import {knownAddresses, sourceOptions, type SourceFlags} from './broker.ts'
import type {OldBroker} from './rollback-plan.ts'
import type {Session} from './session.ts'

/** The broker that messages came from, as something to write to. */
export interface OpenBroker extends AsyncDisposable {
  /** For depths only: nothing is read from it on the way back. */
  readonly source: Source
  /** As it says itself, now; null = it does not. */
  clusterName(signal: AbortSignal): Promise<string | null>
  target(move: Move, signal: AbortSignal): Promise<Target>
  count(resource: Resource): Promise<Count | null>
}

/** What is known of it without asking it. */
export async function oldBroker(session: Session, given: readonly string[]): Promise<OldBroker> {
  const plan = await session.workspace.previous('plan')
  const [address] = await knownAddresses(session, given)
  const known = redacted(address ?? plan?.source.address ?? '')
  return {address: withoutUser(known), clusterName: plan?.source.clusterName ?? null}
}

const withoutUser = (address: string): string => address.replace(/^([a-z0-9+.-]+:\/\/)[^@/]*@/i, '$1')

export async function openOldBroker(
  session: Session,
  flags: SourceFlags,
  given: readonly string[],
): Promise<OpenBroker> {
  const [address] = await knownAddresses(session, given)
  if (address === undefined)
    throw new MqliftError('usage', 'which broker do the messages go back to?', {
      reason: 'no-source',
      suggestions: ['give its address: amqps://user@host/', 'or set MQLIFT_SOURCE'],
    })
  const options = await sourceOptions(session, flags, [address])
  const source = session.broker ?? (await openSource([address], options))
  return {
    source,
    clusterName: (signal) => clusterNameOf(address, options, signal),
    target: (move, signal) => openQueue({address, options}, move, signal),
    count: (resource) => countOf(source, resource),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

/**
 * Nothing goes back to a broker that is another one. Two brokers can be called alike, so the same name proves nothing;
 * another name does. Says so where there is none to compare.
 */
export async function refuseOther(
  {talk, signal}: Pick<Session, 'talk' | 'signal'>,
  {address, clusterName}: OldBroker,
  open: Pick<OpenBroker, 'clusterName'>,
): Promise<void> {
  const found = clusterName === null ? null : await open.clusterName(signal)
  if (clusterName === null || found === null) {
    const who = clusterName === null ? 'the plan does' : 'it does'
    talk.warn(
      `${address}: whether it is the broker that was moved from is not checked: ${who} not name its cluster`,
    )
    return
  }
  if (found === clusterName) return
  throw new MqliftError(
    'refused',
    `${address} is another broker: its cluster is ${visible(found)}, and ${visible(clusterName)} was moved from`,
    {
      reason: 'other-broker',
      suggestions: [
        'give the address of the broker that was moved from, and look at MQLIFT_SOURCE',
        `is it the same one under a new name? Give it the old one back: rabbitmqctl set_cluster_name ${word(clusterName)}`,
      ],
    },
  )
}

async function openQueue(
  endpoint: {readonly address: string; readonly options: BrokerOptions},
  {target}: Move,
  signal: AbortSignal,
): Promise<Target> {
  const {vhost, name: queue} = parseId(queueOf(target))
  try {
    return await brokerTarget({endpoint, vhost, queue, faithful: true}, signal)
  } catch (error) {
    if (!(error instanceof MqliftError) || error.reason !== 'target-missing') throw error
    throw new MqliftError(
      'refused',
      error.message.replace('it does not exist', 'it does not exist any more'),
      {
        reason: 'target-missing',
        cause: error,
        suggestions: [
          'declare it again as it was: inventory.json has its arguments, and the old definitions have it',
          'or leave it out with --except',
        ],
      },
    )
  }
}

/** The destination id behind a step of the way back. */
export const queueOf = (step: string): string => step.replace(/^rabbitmq-queue:/, 'queue:')

/**
 * Everything that ever arrived at the queue: what is there, and what was taken out of it. So consumers of the old side
 * may run, and what came back may even be moved again. Without the queue's counters only a quiet queue can be counted.
 */
async function countOf(source: Source, {step}: Resource): Promise<Count | null> {
  const depth = await source.depth(queueOf(step))
  if (!depth) return null
  const {ready, unacked, consumers, counters} = depth
  const taken = counters ? counters.acked + counters.deliveredWithoutAck : 0
  const inFlight = counters === null && consumers > 0 ? Math.max(1, unacked ?? 0) : 0
  return {visible: ready + (unacked ?? 0) + taken, inFlight, delayed: 0, approximate: false}
}
