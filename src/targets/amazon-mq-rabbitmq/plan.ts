import {parseId} from '../../model/id.ts'
import {addNotMoved, addStep, newDraft, partOf} from '../plan-draft.ts'
import type {PlanContext, PlanPart, PlanSubject} from '../target.ts'
import {PLATFORM, plannedBroker} from './broker.ts'
import {sayClients} from './clients.ts'
import type {PlannedDefinitions} from './definitions.ts'
import {planDefinitions} from './definitions.ts'
import {planMove} from './plan-moves.ts'
import type {PlannedSize} from './plan-size.ts'
import {planSize} from './plan-size.ts'
import type {Planning} from './planning.ts'
import {scopeOf} from './scope.ts'
import type {RabbitmqDefinitionsSettings} from './steps.ts'

/** Queues and exchanges of RabbitMQ on a broker of Amazon MQ, with the virtual hosts around them. Pure. */
export function plan(subjects: readonly PlanSubject[], context: PlanContext): PlanPart {
  const draft = newDraft(context)
  const mine = subjects.filter(({platform}) => platform === PLATFORM)
  if (mine.length === 0) return partOf(draft)
  const planning: Planning = {draft, broker: plannedBroker(context.config)}
  const scope = scopeOf(planning, subjects)
  const planned = planDefinitions(planning, scope)
  sayClients(planning, scope.vhosts)
  const size = planSize(planning, planned)
  const definitionsStep = addDefinitions(planning, {planned, size, mine})
  const subjectsById = new Map(mine.map((subject) => [subject.id, subject]))
  for (const queue of planned.queues) {
    const subject = subjectsById.get(queue.destination.id)
    if (subject === undefined) continue
    const {because} = subject
    if (planning.broker.exists)
      planMove(planning, {queue, because, definitionsStep, maxMessageBytes: size.maxMessageBytes})
    else addNotMoved(draft, {subject: subject.id, because: NO_BROKER})
  }
  if (!planning.broker.exists) sayExchanges(planning, mine)
  return partOf(draft)
}

const NO_BROKER =
  'goes to Amazon MQ for RabbitMQ, as in target/definitions.json; name the broker under brokers: in mqlift.yaml, then plan again'

function sayExchanges({draft}: Planning, mine: readonly PlanSubject[]): void {
  const said = new Set(draft.notMoved.map(({subject}) => subject))
  for (const {id} of mine)
    if (parseId(id).kind === 'exchange' && !said.has(id))
      addNotMoved(draft, {subject: id, because: NO_BROKER})
}

interface Everything {
  readonly planned: PlannedDefinitions
  readonly size: PlannedSize
  readonly mine: readonly PlanSubject[]
}

function addDefinitions({draft, broker}: Planning, {planned, size, mine}: Everything): string {
  const id = `rabbitmq-definitions:${broker.name}`
  const {definitions, policies, expected} = planned
  const settings: RabbitmqDefinitionsSettings = {
    version: broker.version,
    instance: size.instance,
    deployment: broker.deployment,
    definitions,
    policies: {now: [...policies.now], cutover: [...policies.cutover]},
    expected: [...expected],
  }
  addStep(draft, {
    id,
    platform: PLATFORM,
    do: 'rabbitmq-definitions',
    name: broker.name,
    when: broker.exists ? 'before' : 'by-hand',
    settings,
    needs: [],
    for: mine.map((subject) => subject.id),
    because: [],
  })
  return id
}
