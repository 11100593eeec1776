import type {Body} from '../../model/artefact.ts'
import type {Plan} from '../../model/plan.ts'
import {defaultType} from './objects.ts'
import {RabbitmqDefinitionsSettings} from './steps.ts'

export const DEFINITIONS_FILE = 'target/definitions.json'

/**
 * The definitions as they are after `apply --cutover`, to be read, and to be imported by whoever does not want mqlift
 * to write to the broker. Users have no password: RabbitMQ lets nobody in with an empty hash.
 */
export function files({steps}: Body<Plan>): Readonly<Record<string, string | null>> {
  const step = steps.find(({do: kind}) => kind === 'rabbitmq-definitions')
  if (step === undefined) return {[DEFINITIONS_FILE]: null}
  const {definitions, policies} = RabbitmqDefinitionsSettings.parse(step.settings)
  const {vhosts, users, ...others} = definitions
  const file = {
    vhosts: vhosts.map(({name, default_queue_type: type}) => ({name, ...defaultType(type)})),
    ...others,
    users: users.map((user) => ({...user, password_hash: ''})),
    policies: policies.cutover,
  }
  return {[DEFINITIONS_FILE]: `${JSON.stringify(file, null, 2)}\n`}
}
