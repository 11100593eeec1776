import type {Body} from '../../model/artefact.ts'
import {parseId} from '../../model/id.ts'
import type {Move, Plan} from '../../model/plan.ts'
import type {ShovelSide} from '../../model/shovels.ts'
import {
  type FarEnd,
  farUris,
  openShovelHost,
  openSource,
  ownUri,
  type Shovel,
  type ShovelHost,
} from '../../sources/index.ts'
import type {Source} from '../../sources/source.ts'
import {readConfig} from '../../workspace/config.ts'
import {knownAddresses, sourceOptions, type SourceFlags} from '../broker.ts'
import {queueOf} from '../old-broker.ts'
import type {Session} from '../session.ts'
import {type TargetBrokerFlags, targetBrokers} from '../target-brokers.ts'
import {noEnd} from './problems.ts'

/** Both brokers, and the one of them that runs the shovels. */
export interface Ends extends AsyncDisposable {
  readonly at: ShovelSide
  readonly host: ShovelHost
  readonly source: Source
  readonly target: Source
  /** Of the queue at the end that runs the shovel. */
  vhostOf(move: Pick<Move, 'source' | 'target'>): string
  /** With the password of the other end in it. Throws where that must not be told. */
  shovel(name: string, move: Pick<Move, 'source' | 'target'>): Omit<Shovel, 'messages' | 'prefetch'>
}

export async function openEnds(
  session: Session,
  flags: SourceFlags & TargetBrokerFlags,
  given: readonly string[],
): Promise<Ends> {
  const {shovel} = await readConfig(session.workspace)
  const ends = await bothEnds(session, flags, given)
  const [running, far] = shovel.at === 'source' ? [ends.source, ends.target] : [ends.target, ends.source]
  await using stack = new AsyncDisposableStack()
  const source = stack.use(await openSource([ends.source.address], ends.source.options))
  const target = stack.use(await openSource([ends.target.address], ends.target.options))
  const host = stack.use(await openShovelHost(running.address, running.options))
  const open = stack.move()
  const isAtSource = shovel.at === 'source'
  return {
    at: shovel.at,
    host,
    source,
    target,
    vhostOf: (move) => parseId(isAtSource ? move.source : targetId(move)).vhost,
    shovel(name, move) {
      const [from, to] = [parseId(move.source), parseId(targetId(move))]
      const [own, other] = isAtSource ? [from, to] : [to, from]
      const near = [ownUri(own.vhost)]
      const beyond = farUris({...far, uri: shovel.uri}, other.vhost, host.version)
      return {
        name,
        vhost: own.vhost,
        from: {uris: isAtSource ? near : beyond, queue: from.name},
        to: {uris: isAtSource ? beyond : near, queue: to.name},
      }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function bothEnds(
  session: Session,
  flags: SourceFlags & TargetBrokerFlags,
  given: readonly string[],
): Promise<{readonly source: FarEnd; readonly target: FarEnd}> {
  const [address] = await knownAddresses(session, given)
  const target = (await targetBrokers(session, flags))['amazon-mq-rabbitmq']
  if (address === undefined || target === undefined) throw noEnd(address === undefined ? 'source' : 'target')
  return {source: {address, options: await sourceOptions(session, flags, [address])}, target}
}

/** Moves that a shovel cannot make: it speaks to RabbitMQ alone. */
export const notForShovels = ({moves}: Pick<Body<Plan>, 'moves'>): readonly Move[] =>
  moves.filter(({platform, tap}) => platform !== 'amazon-mq-rabbitmq' || tap !== undefined)

/** The destination that is the target of a move. */
export const targetId = ({target}: Pick<Move, 'target'>): string => queueOf(target)
