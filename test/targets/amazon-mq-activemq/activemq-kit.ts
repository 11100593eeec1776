import type {Move, Step} from '../../../src/model/plan.ts'
import {Secret} from '../../../src/model/secret.ts'
import {ActivemqEndpoint} from '../../../src/targets/amazon-mq-activemq/endpoint.ts'
import {ActivemqConnection} from '../../../src/targets/amazon-mq-activemq/platform.ts'
import {move} from '../../fakes/plan.ts'

export const never: AbortSignal = new AbortController().signal

/** The platform, signed in to the broker at this address. */
export async function connected(
  address: string,
  more: {
    readonly caFile?: string
    readonly password?: string
    /** OpenWire, where it is not at its usual port. */
    readonly management?: string
    readonly say?: (text: string) => void
  } = {},
): Promise<ActivemqConnection> {
  const endpoint = await ActivemqEndpoint.open({
    address,
    options: {
      password: new Secret(more.password ?? 'admin'),
      tls: {caOnly: false, insecure: false, ...(more.caFile !== undefined && {caFile: more.caFile})},
      allowPlaintext: false,
      connectionName: 'mqlift:test',
      ...(more.management !== undefined && {management: more.management}),
      onNotice: (text) => more.say?.(text),
    },
  })
  return new ActivemqConnection(endpoint)
}

export const queueStep = (name: string): Step => ({
  id: `activemq-queue:${name}`,
  platform: 'amazon-mq-activemq',
  do: 'activemq-queue',
  name,
  when: 'before',
  settings: {},
  needs: [],
  for: [],
  because: [],
})

export const moveTo = (step: Step): Move => move({target: step.id, platform: 'amazon-mq-activemq'})
