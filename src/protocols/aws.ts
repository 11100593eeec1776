import {readFileSync} from 'node:fs'
import {Agent as HttpAgent, type AgentOptions} from 'node:http'
import {Agent as HttpsAgent} from 'node:https'
import {getCACertificates} from 'node:tls'

import {NodeHttpHandler} from '@smithy/node-http-handler'

import {MqliftError} from '../errors.ts'
import {type Credentials, credentialChain} from './aws-credentials.ts'

export interface AwsOptions {
  readonly region: string
  /** Undefined = AWS, or what AWS_ENDPOINT_URL says. */
  readonly endpoint?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long to wait for an answer; then the outcome is unknown. */
  readonly requestTimeoutMs?: number
}

export type Service = 'sqs' | 'sns' | 'sts'

/** What every client of one Region shares: one set of sockets, one set of credentials. */
export interface AwsConnection {
  readonly region: string
  readonly endpoint: string | undefined
  /** Where each service is, when it is somewhere else: AWS_ENDPOINT_URL_SQS and so on name private endpoints. */
  readonly endpoints: Readonly<Record<Service, string | undefined>>
  readonly credentials: Credentials
  readonly http: NodeHttpHandler
  /** For `new XClient(…)`. One attempt per call: hidden repeats would be duplicates nobody counts (M13). */
  readonly client: {
    readonly region: string
    readonly endpoint?: string
    readonly credentials: Credentials
    readonly requestHandler: NodeHttpHandler
    readonly maxAttempts: number
  }
  close(): void
}

/** As many sockets as the most requests under way (targets/concurrency.ts). */
const MAX_SOCKETS = 256
/** Below any idle limit of a load balancer: a socket that the other side is closing makes an outcome unknown. */
const IDLE_MS = 15_000
const CONNECT_MS = 5000
/** Without throwOnRequestTimeout the SDK only logs (M14). */
const REQUEST_MS = 30_000
/** Creating and reading back is idempotent: the SDK may repeat it. Messages never go through these clients. */
const CONTROL_ATTEMPTS = 5

const SILENT = {debug: quiet, info: quiet, warn: quiet, error: quiet, trace: quiet}
function quiet(): void {
  // The SDK warns on stderr about sockets; that stream belongs to the operator.
}

/** No request is made here. Proxy and CA variables come from `env`. */
export function awsConnection({
  region,
  endpoint,
  env,
  requestTimeoutMs = REQUEST_MS,
}: AwsOptions): AwsConnection {
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    timeout: IDLE_MS,
    proxyEnv: {...env},
  }
  const ca = authorities(env)
  const http = new NodeHttpHandler({
    httpAgent: new HttpAgent(options),
    httpsAgent: new HttpsAgent({...options, ...(ca && {ca})}),
    connectionTimeout: CONNECT_MS,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
    logger: SILENT,
  })
  const credentials = credentialChain({env, region, http})
  const url = endpoint ?? configured(env, 'AWS_ENDPOINT_URL')
  const urlOf = (service: Service): string | undefined =>
    endpoint ?? configured(env, `AWS_ENDPOINT_URL_${service.toUpperCase()}`) ?? url
  return {
    region,
    endpoint: url,
    endpoints: {sqs: urlOf('sqs'), sns: urlOf('sns'), sts: urlOf('sts')},
    credentials,
    http,
    client: {
      region,
      ...(url !== undefined && {endpoint: url}),
      credentials,
      requestHandler: http,
      maxAttempts: 1,
    },
    close: () => http.destroy(),
  }
}

/** The same client settings for calls that may be repeated. */
export function controlClient(connection: AwsConnection, service: Service): AwsConnection['client'] {
  const endpoint = connection.endpoints[service]
  return {
    ...connection.client,
    ...(endpoint !== undefined && {endpoint}),
    maxAttempts: CONTROL_ATTEMPTS,
  }
}

function configured(env: AwsOptions['env'], name: string): string | undefined {
  return env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true' ? undefined : env[name]
}

/** AWS itself, also through a private endpoint; false = an emulator, whose yes is not durable. */
export function isAws(endpoint: string | undefined): boolean {
  return endpoint === undefined || /\.(?:amazonaws\.com(?:\.cn)?|aws)$/.test(new URL(endpoint).hostname)
}

/** AWS_CA_BUNDLE is added to what Node trusts; NODE_EXTRA_CA_CERTS is among that already. */
function authorities(env: AwsOptions['env']): string[] | undefined {
  const file = env['AWS_CA_BUNDLE']
  if (!file) return undefined
  try {
    return [...getCACertificates('default'), readFileSync(file, 'utf8')]
  } catch (cause) {
    throw new MqliftError('input', `AWS_CA_BUNDLE names a file that cannot be read: ${file}`, {
      file,
      cause,
      suggestions: ['point AWS_CA_BUNDLE at a PEM file, or unset it'],
    })
  }
}
