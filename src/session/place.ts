import {MqliftError} from '../errors.ts'
import type {Config} from '../model/decisions.ts'
import {awsIdentity} from '../targets/index.ts'
import type {Session} from './session.ts'

export interface PlaceFlags {
  readonly account?: string | undefined
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
}

/** Where in AWS. Null = not said anywhere. */
export interface Place {
  readonly account: string | null
  readonly region: string | null
  /** Null = AWS itself. */
  readonly endpoint: string | null
}

/** Answers come within this time or the plan asks for the account instead. */
const ASK_MS = 8000

/** What flags, an earlier command (`before`) and the environment say, in this order. */
export function placeSaid({env}: Session, flags: PlaceFlags, before: Partial<Place>): Place {
  return {
    account: flags.account ?? before.account ?? null,
    region: flags.region ?? before.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? null,
    endpoint: flags.endpoint ?? before.endpoint ?? endpointIn(env),
  }
}

/** `--account` guards a plan that is there already: it is for that account, or the command is refused. */
export function assertAccount({account}: PlaceFlags, plan: {readonly account: string | null}): void {
  if (account === undefined || plan.account === null || account === plan.account) return
  throw new MqliftError('refused', `the plan is for account ${plan.account}, not for ${account}`, {
    reason: 'wrong-account',
    suggestions: ['leave --account and MQLIFT_ACCOUNT away, or plan for it in another --dir'],
  })
}

function endpointIn(env: Session['env']): string | null {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return null
  return env['AWS_ENDPOINT_URL'] ?? null
}

/** The account of whoever runs this, to pin the plan to. When AWS cannot say, the plan asks a person. */
export async function callersAccount(session: Session, place: Place, config: Config): Promise<string | null> {
  const region = config.region ?? place.region
  if (place.account !== null || config.account !== undefined || region === null) return place.account
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(ASK_MS)])
  try {
    const identity = await awsIdentity(connectOptions(session, {...place, region}), signal)
    session.talk.say(`AWS account ${identity.account}, from ${identity.evidence}`)
    return identity.account
  } catch {
    session.signal.throwIfAborted()
    session.talk.say('AWS does not say which account this is; the plan asks for it (--account)')
    return null
  }
}

interface ConnectedPlace extends Place {
  readonly region: string
}

export const connectOptions = ({env}: Session, {region, endpoint}: ConnectedPlace) => ({
  region,
  ...(endpoint !== null && {endpoint}),
  env,
})
