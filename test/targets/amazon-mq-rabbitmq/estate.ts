import type {Body} from '../../../src/model/artefact.ts'
import {Config} from '../../../src/model/decisions.ts'
import type {Inventory, Observation, Policy} from '../../../src/model/inventory.ts'
import type {Plan} from '../../../src/model/plan.ts'
import {plan as makePlan} from '../../../src/stages/plan.ts'
import {plan} from '../../../src/targets/amazon-mq-rabbitmq/plan.ts'
import {RabbitmqDefinitionsSettings} from '../../../src/targets/amazon-mq-rabbitmq/steps.ts'
import {assessedAs, decision} from '../../stages/planned.ts'

export interface Options {
  readonly broker?: Readonly<Record<string, string>> | null
  readonly decisions?: Readonly<Record<string, string>>
  readonly observation?: Observation
  readonly ignored?: readonly string[]
  /** Names of queues that go to SQS. */
  readonly elsewhere?: readonly string[]
}

/** A broker that exists, of the version before the newest; `null` = mqlift.yaml names none. */
const BROKER = {address: 'amqps://mover@broker.example:5671', version: '4.2'}

/** Everything goes to one RabbitMQ broker. */
export function planned(inventory: Body<Inventory>, options: Options = {}): Body<Plan> {
  const {broker, decisions = {}, observation, ignored, elsewhere = []} = options
  const config = broker === null ? {} : {brokers: {'amazon-mq-rabbitmq': {...BROKER, ...broker}}}
  return makePlan(
    {
      inventory,
      observation,
      assessment: assessedAs(
        inventory,
        ({name}) => (elsewhere.includes(name) ? 'sqs-standard' : 'amazon-mq-rabbitmq'),
        ignored,
      ),
      decisions: Object.entries(decisions).map(([id, answer]) => decision(id, answer)),
      config: Config.parse(config),
    },
    [{plan}],
  )
}

export function settingsOf({steps}: Body<Plan>): RabbitmqDefinitionsSettings {
  const step = steps.find(({do: kind}) => kind === 'rabbitmq-definitions')
  return RabbitmqDefinitionsSettings.parse(step?.settings)
}

export const policy = (
  name: string,
  definition: Policy['definition'],
  values: Partial<Policy> = {},
): Policy => ({
  vhost: '/',
  name,
  operator: false,
  pattern: '.*',
  applyTo: 'queues',
  priority: 0,
  definition,
  ...values,
})
