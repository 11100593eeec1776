import {MqliftError} from '../../errors.ts'
import {RABBITMQ_SIZES} from '../../facts/amazon-mq-sizes.ts'
import {AMAZON_MQ} from '../../facts/amazon-mq.ts'
import type {Config, TargetBroker} from '../../model/decisions.ts'
import {parseAddress} from '../../protocols/broker-address.ts'
import {OF_TARGET} from '../../protocols/words.ts'
import type {Version} from '../../routing/version.ts'
import type {RabbitmqDefinitionsSettings} from './steps.ts'

export const PLATFORM = 'amazon-mq-rabbitmq'

type EngineVersion = RabbitmqDefinitionsSettings['version']

/** The broker to plan for: `brokers: {amazon-mq-rabbitmq: …}` in mqlift.yaml. */
export interface PlannedBroker {
  /** It has an address. Without one everything is planned and written to a file, and nothing is made or moved. */
  readonly exists: boolean
  /** Its host, or `new-broker`: part of step ids. */
  readonly name: string
  readonly version: EngineVersion
  readonly deployment: 'single' | 'cluster'
  /** As mqlift.yaml says; null = the smallest that holds the estate. */
  readonly instance: string | null
}

export function plannedBroker({brokers}: Config): PlannedBroker {
  const said: TargetBroker = brokers[PLATFORM] ?? {}
  const version = versionOf(said.version)
  return {
    exists: said.address !== undefined,
    name:
      said.address === undefined
        ? 'new-broker'
        : (parseAddress(said.address, OF_TARGET).hosts[0]?.host ?? ''),
    version,
    deployment: deploymentOf(said.deployment),
    instance: instanceOf(said.instance, version),
  }
}

/** For rules that ask for a release. Amazon MQ calls its engine versions by major and minor alone. */
export function releaseOf({version}: Pick<PlannedBroker, 'version'>): Version {
  const [major, minor] = version.split('.').map(Number)
  return {major: major ?? 0, minor: minor ?? 0}
}

const VERSIONS: readonly EngineVersion[] = AMAZON_MQ.rabbitmqVersions.value

/** The newest that AWS offers, which is the one it recommends. */
function versionOf(said: string | undefined): EngineVersion {
  const version = said === undefined ? VERSIONS[0] : VERSIONS.find((each) => each === said)
  if (version !== undefined) return version
  throw wrong(`version: ${said}`, `Amazon MQ has no RabbitMQ ${said}`, `one of: ${VERSIONS.join(', ')}`)
}

function deploymentOf(said: TargetBroker['deployment']): PlannedBroker['deployment'] {
  if (said !== 'active-standby') return said ?? 'cluster'
  throw wrong(
    'deployment: active-standby',
    'active-standby is a deployment of the ActiveMQ engine',
    'deployment: cluster (three nodes in three zones) or deployment: single',
  )
}

function instanceOf(said: string | undefined, version: EngineVersion): string | null {
  if (said === undefined) return null
  const known = Object.keys(RABBITMQ_SIZES.most.value.single)
  const offered = known.filter((type) => version === '3.13' || !type.startsWith('mq.m5.'))
  if (offered.includes(said)) return said
  throw wrong(
    `instance: ${said}`,
    known.includes(said)
      ? `${said} runs RabbitMQ 3.13 only, not ${version}`
      : `Amazon MQ for RabbitMQ has no ${said} for new brokers`,
    `one of: ${offered.join(', ')}`,
  )
}

const wrong = (key: string, why: string, instead: string): MqliftError =>
  new MqliftError('input', `brokers: ${PLATFORM}: ${key} in mqlift.yaml cannot be used: ${why}`, {
    suggestions: [instead, 'or leave it out: the plan then chooses, and says what it chose'],
  })
