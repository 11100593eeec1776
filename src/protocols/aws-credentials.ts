import {defaultProvider} from '@aws-sdk/credential-provider-node'
import type {NodeHttpHandler} from '@smithy/node-http-handler'

type Provider = ReturnType<typeof defaultProvider>
export type AwsIdentity = Awaited<ReturnType<Provider>>

export interface Credentials {
  (): Promise<AwsIdentity>
  /** AWS said that they have expired: look again from the start, files included. */
  forget(): void
}

export interface CredentialOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly region: string
  /** SSO and STS go through the same proxy and trust the same authorities. */
  readonly http: NodeHttpHandler
}

/**
 * The SDK's own chain: environment, SSO, web identity, profile files, processes, container and instance roles.
 * It remembers credentials without an expiry for ever, also those that a sign-in tool has just rewritten in
 * `~/.aws/credentials`: `forget` makes it look again.
 */
export function credentialChain({env, region, http}: CredentialOptions): Credentials {
  const profile = env['AWS_PROFILE']
  const make = (): Provider =>
    defaultProvider({
      ignoreCache: true,
      ...(profile && {profile}),
      clientConfig: {region, requestHandler: http},
    })
  const fixed = profile ? undefined : fromEnvironment(env)
  let provider = make()
  const credentials = (): Promise<AwsIdentity> => (fixed ? Promise.resolve(fixed) : provider())
  return Object.assign(credentials, {
    forget(): void {
      provider = make()
    },
  })
}

/** As the chain's first link, but from the environment we were given. */
function fromEnvironment(env: CredentialOptions['env']): AwsIdentity | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  const sessionToken = env['AWS_SESSION_TOKEN']
  if (!accessKeyId || !secretAccessKey) return undefined
  return {accessKeyId, secretAccessKey, ...(sessionToken && {sessionToken})}
}
