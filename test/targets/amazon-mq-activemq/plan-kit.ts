import type {Body} from '../../../src/model/artefact.ts'
import {Config} from '../../../src/model/decisions.ts'
import type {Binding, Destination, Inventory} from '../../../src/model/inventory.ts'
import {buildGraph} from '../../../src/routing/graph.ts'
import {plan} from '../../../src/targets/amazon-mq-activemq/plan.ts'
import {ActivemqConfigurationSettings} from '../../../src/targets/amazon-mq-activemq/steps.ts'
import type {PlanPart} from '../../../src/targets/target.ts'
import {inventory} from '../../routing/estate.ts'
import {decision} from '../../stages/planned.ts'

const BROKER = {address: 'amqps://mqlift@b-1.mq.eu-central-1.amazonaws.com:5671'}

export interface Options {
  readonly config?: Record<string, unknown>
  readonly broker?: Record<string, unknown> | null
  readonly decisions?: Readonly<Record<string, string>>
  readonly observed?: Readonly<Record<string, Readonly<Record<string, number | boolean>>>>
  readonly inventory?: Partial<Body<Inventory>>
}

/** Everything there is goes to ActiveMQ. */
export function planOf(
  destinations: Destination[],
  bindings: Binding[] = [],
  options: Options = {},
): PlanPart {
  const found = {...inventory(destinations, bindings), permissions: [], ...options.inventory}
  const brokers = options.broker === null ? {} : {'amazon-mq-activemq': {...BROKER, ...options.broker}}
  const {decisions = {}, observed = {}} = options
  return plan(
    destinations.map(({id}) => ({id, platform: 'amazon-mq-activemq', because: []})),
    {
      inventory: found,
      graph: buildGraph(found),
      observation: {
        at: '2026-11-24T00:00:00.000Z',
        destinations: Object.fromEntries(
          Object.entries(observed).map(([id, numbers]) => [
            id,
            Object.fromEntries(
              Object.entries(numbers).map(([name, value]) => [name, {value, evidence: 'test'}]),
            ),
          ]),
        ),
      },
      decisions: Object.entries(decisions).map(([id, answer]) => decision(id, answer)),
      config: Config.parse({brokers, ...options.config}),
      names: {},
    },
  )
}

export function settingsOf(part: PlanPart): ActivemqConfigurationSettings {
  return ActivemqConfigurationSettings.parse(
    part.steps.find(({do: verb}) => verb === 'activemq-configuration')?.settings,
  )
}
