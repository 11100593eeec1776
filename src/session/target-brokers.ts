import {resolve} from 'node:path'

import {secretFromFile} from '../cli/secrets.ts'
import type {TargetBroker} from '../model/decisions.ts'
import type {Platform} from '../model/platform.ts'
import {Secret} from '../model/secret.ts'
import {type BrokerOptions, OF_TARGET} from '../protocols/broker-options.ts'
import type {BrokerEndpoint} from '../targets/target.ts'
import {readConfig} from '../workspace/config.ts'
import {defined} from './defined.ts'
import type {Session} from './session.ts'

export interface TargetBrokerFlags {
  readonly 'target-password-file'?: string | undefined
}

/** Brokers of mqlift.yaml that exist already. Their password comes from a file or the environment, never a flag. */
export async function targetBrokers(
  session: Session,
  flags: TargetBrokerFlags,
): Promise<Partial<Record<Platform, BrokerEndpoint>>> {
  const {brokers} = await readConfig(session.workspace)
  const named = Object.values(brokers).some(({address}) => address !== undefined)
  const password = named ? await targetPassword(session, flags) : undefined
  const endpoint = (broker: TargetBroker | undefined): BrokerEndpoint | undefined =>
    broker?.address === undefined
      ? undefined
      : {address: broker.address, options: reach(session, broker, password)}
  return defined({
    'amazon-mq-rabbitmq': endpoint(brokers['amazon-mq-rabbitmq']),
    'amazon-mq-activemq': endpoint(brokers['amazon-mq-activemq']),
  })
}

function reach(
  {workspace, runId, talk}: Session,
  {management, caFile}: TargetBroker,
  password: Secret | undefined,
): BrokerOptions {
  return {
    ...defined({password, management}),
    tls: {...defined({caFile: caFile && resolve(workspace.dir, caFile)}), caOnly: false, insecure: false},
    allowPlaintext: false,
    words: OF_TARGET,
    connectionName: `mqlift:${runId}`,
    onNotice: (text) => talk.say(text),
  }
}

async function targetPassword(
  {env}: Session,
  {'target-password-file': file}: TargetBrokerFlags,
): Promise<Secret | undefined> {
  if (file !== undefined) return secretFromFile(file, [`set ${OF_TARGET.password}`])
  const said = env['MQLIFT_TARGET_PASSWORD']
  return said ? new Secret(said) : undefined
}
