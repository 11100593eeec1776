import {MqliftError} from '../../errors.ts'
import type {Body} from '../../model/artefact.ts'
import type {Deployment} from '../../model/deployment.ts'
import type {Plan} from '../../model/plan.ts'

/** Where we are. */
export interface Place {
  /** Null = nothing here belongs to AWS: only a broker is written to. */
  readonly account: string | null
  readonly region: string | null
  /** Null = AWS itself. */
  readonly endpoint: string | null
}

interface Pinned {
  readonly plan: Pick<Body<Plan>, 'account' | 'region'>
  readonly previous: Body<Deployment> | null
}

/** The plan says where it belongs, and so does what was made before (SEC-48, T19). */
export function assertPlace({plan, previous}: Pinned, here: Place, execute: boolean): void {
  if (execute && here.account !== null && (plan.account === null || plan.region === null)) {
    throw new MqliftError('refused', 'the plan does not say which AWS account and Region it is for', {
      reason: 'place-unknown',
      suggestions: ['set account: and region: in mqlift.yaml and run mqlift plan'],
    })
  }
  assertSame(
    'the plan',
    {...here, account: plan.account ?? here.account, region: plan.region ?? here.region},
    here,
  )
  if (previous) assertSame('what was applied before', previous, here)
}

function assertSame(what: string, wanted: Place, here: Place): void {
  const same = (['account', 'region', 'endpoint'] as const).every((name) => wanted[name] === here[name])
  if (same) return
  throw new MqliftError('refused', `${what} is for ${said(wanted)}; this is ${said(here)}`, {
    reason: 'wrong-account',
    suggestions: [
      'use the credentials, --region and --endpoint that it was made with',
      'or use another --dir and plan there',
    ],
  })
}

const said = ({account, region, endpoint}: Place): string =>
  account === null ? 'a broker alone' : `account ${account}, ${region}, ${endpoint ?? 'AWS itself'}`
