import {valueOf} from '../../model/facts.ts'
import {parseId} from '../../model/id.ts'
import type {Binding, Destination} from '../../model/inventory.ts'
import {isPredeclaredExchange} from '../../model/predeclared.ts'
import {madeAtRunTime} from '../../routing/run-time-artefact.ts'
import {addNotMoved, ask} from '../plan-draft.ts'
import type {PlanSubject} from '../target.ts'
import {PLATFORM} from './broker.ts'
import type {Planning} from './planning.ts'
import {lose, say} from './planning.ts'

/** Everything that belongs on the broker: whole virtual hosts, because what feeds a queue must come along. */
export interface Scope {
  readonly vhosts: readonly string[]
  readonly queues: readonly Destination[]
  readonly exchanges: readonly Destination[]
  readonly bindings: readonly Binding[]
}

export function scopeOf(planning: Planning, subjects: readonly PlanSubject[]): Scope {
  const {inventory, graph} = planning.draft.context
  const vhosts = new Set(
    subjects.filter(({platform}) => platform === PLATFORM).map(({id}) => parseId(id).vhost),
  )
  const platforms = new Map(subjects.map(({id, platform}) => [id, platform]))
  const queues: Destination[] = []
  const exchanges: Destination[] = []
  const bindings = inventory.bindings.filter(({source}) => vhosts.has(parseId(source).vhost))
  for (const destination of inventory.destinations) {
    if (!vhosts.has(destination.vhost)) continue
    const why = leftOut(planning, destination, platforms.get(destination.id))
    if (why !== undefined) {
      leaveOut(planning, destination, why, platforms.get(destination.id) === PLATFORM)
      continue
    }
    if (destination.kind === 'exchange') exchanges.push(destination)
    else queues.push(destination)
  }
  const missing = new Set(
    bindings
      .flatMap(({source, destination}) => [source, destination])
      .filter((id) => !graph.destinations.has(id)),
  )
  exchanges.push(...[...missing].flatMap((id) => restored(planning, id)))
  return {vhosts: [...vhosts].toSorted(), queues, exchanges, bindings}
}

/** Why a destination is not made on the broker. Predeclared exchanges are no loss: it has them. */
function leftOut(
  {broker}: Planning,
  {kind, name, facts}: Destination,
  platform: PlanSubject['platform'] | undefined,
): string | undefined {
  const madeByOthers = madeAtRunTime(kind, name, facts)
  if (madeByOthers !== undefined)
    return `made at run time (${madeByOthers}): it is made again where it is needed`
  if (kind === 'stream')
    return 'a stream: Amazon MQ for RabbitMQ supports none, and declaring one loses data (AWS, rabbitmq-4, read autumn 2026)'
  if (valueOf(facts.exclusive) === true)
    return 'exclusive: it belongs to one connection, no other may read it, and it ends with that connection'
  if (kind === 'queue' && !['classic', 'quorum', undefined].includes(valueOf(facts.type)))
    return `its type ${valueOf(facts.type)} belongs to a plugin that Amazon MQ for RabbitMQ ${broker.version} does not have`
  if (kind === 'queue' && platform !== undefined && platform !== PLATFORM)
    return `it goes to ${platform}: here nobody would read it, and it would fill the disk`
  return undefined
}

function leaveOut(planning: Planning, {id, kind, name}: Destination, why: string, isSubject: boolean): void {
  if (kind === 'exchange' && isPredeclaredExchange(name)) return
  if (isSubject) addNotMoved(planning.draft, {subject: id, because: why})
  if (kind === 'stream')
    lose(planning, {rule: 'queue-stream', subject: id, field: 'stream', change: 'dropped', reason: why})
  else
    say(planning, {
      subject: id,
      field: kind,
      from: 'on the old broker',
      to: `not on the new one: ${why}`,
      undo: 'declare it on the new broker, if somebody needs it',
    })
}

const TYPES = ['direct', 'fanout', 'topic', 'headers', 'none'] as const

/** rabbitmqctl leaves internal exchanges out of its export and keeps their bindings (rabbitmq.md 1.7, 3.10 to 4.2). */
function restored(planning: Planning, id: string): Destination[] {
  const {kind, vhost, name} = parseId(id)
  if (kind !== 'exchange' || isPredeclaredExchange(name)) return []
  const type = planning.broker.exists
    ? ask(planning.draft, {
        rule: 'missing-exchange',
        subject: id,
        question:
          'Bindings name it and the export does not contain it: rabbitmqctl leaves internal exchanges out. Of which type is it, or is there none?',
        choices: TYPES,
        who: 'operations',
      })
    : null
  if (type === null || type === 'none') {
    addNotMoved(planning.draft, {
      subject: id,
      because:
        'bindings name it and the export does not contain it: export over HTTP, or answer of which type it is',
    })
    return []
  }
  const evidence = `the answer to missing-exchange:${id}`
  return [
    {
      id,
      kind: 'exchange',
      vhost,
      name,
      facts: {
        type: {value: type, evidence},
        durable: {value: true, evidence},
        autoDelete: {value: false, evidence},
        internal: {value: true, evidence},
        arguments: {value: {}, evidence},
      },
    },
  ]
}
