import {MqliftError} from '../errors.ts'
import {isBroker, type Platform} from '../model/platform.ts'
import {awsIdentity, targetPlatform} from '../targets/index.ts'
import type {ConnectedPlatform, TargetPlatform} from '../targets/target.ts'
import {connectOptions, type Place} from './place.ts'
import type {Session} from './session.ts'
import {type TargetBrokerFlags, targetBrokers} from './target-brokers.ts'

/** AWS as this command sees it: each folder of targets connected once, when it is first needed. */
export interface Targets extends AsyncDisposable {
  readonly region: string | null
  readonly endpoint: string | null
  readonly platform: (platform: Platform) => Promise<ConnectedPlatform>
  readonly identity: () => Promise<{readonly account: string; readonly arn: string}>
}

export async function openTargets(
  session: Session,
  place: Place,
  flags: TargetBrokerFlags = {},
): Promise<Targets> {
  const {region, endpoint} = place
  const brokers = await targetBrokers(session, flags)
  const options = () => {
    if (region === null) throw noRegion()
    return connectOptions(session, {...place, region})
  }
  const connected = new Map<TargetPlatform, Promise<ConnectedPlatform>>()
  return {
    region,
    endpoint,
    async platform(platform) {
      const folder = await targetPlatform(platform)
      const known = isBroker(platform) ? {region: region ?? '', env: session.env} : options()
      const connecting = connected.get(folder) ?? folder.connect({...known, brokers})
      connected.set(folder, connecting)
      return connecting
    },
    async identity() {
      const identity = await awsIdentity(options(), session.signal)
      await session.audit.caller(identity.arn)
      return identity
    },
    async [Symbol.asyncDispose]() {
      const opened = await Promise.allSettled(connected.values())
      for (const one of opened) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]()
    },
  }
}

function noRegion(): MqliftError {
  return new MqliftError('usage', 'no AWS Region is known', {
    reason: 'no-region',
    suggestions: ['--region eu-central-1', 'or region: in mqlift.yaml, or AWS_REGION'],
  })
}
