import {MqliftError, type ErrorKind} from '../errors.ts'

/**
 * What an error of AWS, of the SDK or of the network means for a request. Decided by names, codes and the HTTP
 * status; never by message text. `not-sent` and `refused` are certain: the request had no effect. `unknown` is
 * everything that failed after the first byte (reliability.md 2.6).
 */
export type Fault =
  | 'throttled'
  | 'not-sent'
  | 'untrusted'
  | 'refused'
  | 'unknown'
  | 'access-denied'
  | 'credentials-expired'
  | 'clock-skew'
  | 'target-missing'

/** What an error says of itself, whoever threw it. */
export interface AwsErrorFacts {
  readonly name: string
  readonly message: string
  readonly status?: number
  /** Node's code, for example ECONNRESET. */
  readonly code?: string
  readonly syscall?: string
}

const names = (fault: Fault, list: string): [string, Fault][] => list.split(' ').map((name) => [name, fault])

/**
 * AWS common errors, SQS and SNS API references and the SDK's own lists (smithy retry constants), read 2026-11-24.
 * A 503 that is not in it stays unknown: the message may have been stored.
 */
const FAULTS: ReadonlyMap<string, Fault> = new Map([
  ...names(
    'throttled',
    'RequestThrottled RequestThrottledException Throttling ThrottlingException ThrottledException Throttled ' +
      'TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded OverLimit PriorRequestNotComplete ' +
      'ProvisionedThroughputExceededException SlowDown KmsThrottled KMSThrottling KMSThrottlingException',
  ),
  ...names(
    'access-denied',
    'AccessDenied AccessDeniedException AuthorizationError AuthorizationErrorException UnauthorizedOperation ' +
      'NotAuthorized OptInRequired InvalidSecurity KmsAccessDenied KMSAccessDenied KMSAccessDeniedException ' +
      'KmsDisabled KMSDisabled KMSDisabledException KmsInvalidState KMSInvalidState KMSInvalidStateException ' +
      'KmsNotFound KMSNotFound KMSNotFoundException KmsOptInRequired KMSOptInRequired KmsInvalidKeyUsage ' +
      'InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId MissingAuthenticationToken ' +
      'MissingAuthenticationTokenException IncompleteSignature IncompleteSignatureException',
  ),
  ...names(
    'credentials-expired',
    'ExpiredToken ExpiredTokenException TokenRefreshRequired CredentialsProviderError TokenProviderError',
  ),
  ...names(
    'clock-skew',
    'InvalidSignatureException SignatureDoesNotMatch RequestExpired RequestInTheFuture RequestTimeTooSkewed AuthFailure',
  ),
  ...names(
    'target-missing',
    'QueueDoesNotExist NonExistentQueue NotFound NotFoundException ResourceNotFoundException InvalidAddress',
  ),
])

/** Before a connection exists no byte of a request can have arrived. */
const BEFORE_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ERR_PROXY_TUNNEL'])
const CONNECTING = new Set(['connect', 'getaddrinfo'])
/** OpenSSL's verification results as Node names them (nodejs.org/api/tls.html "X509 certificate error codes"). */
const CERTIFICATE =
  /^(?:CERT_|ERR_TLS_CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/
/**
 * OpenSSL's reasons that belong to the handshake. Any other can come in the middle of an answer, when the request has
 * arrived long ago (a record that was damaged on the way, an alert while closing), and says nothing about it.
 */
const HANDSHAKE =
  /^ERR_SSL_(?:WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|CERTIFICATE_VERIFY_FAILED|.*HANDSHAKE_FAILURE|.*PROTOCOL_VERSION|.*UNRECOGNIZED_NAME|.*UNKNOWN_CA)$/

export function faultOf({name, status, code = '', syscall = ''}: AwsErrorFacts): Fault {
  const known = FAULTS.get(shortName(name))
  if (known) return known
  if (CERTIFICATE.test(code) || HANDSHAKE.test(code)) return 'untrusted'
  if (BEFORE_CONNECTED.has(code) || CONNECTING.has(syscall)) return 'not-sent'
  return faultOfStatus(status)
}

function faultOfStatus(status = 0): Fault {
  if (status === 429) return 'throttled'
  return status >= 400 && status < 500 ? 'refused' : 'unknown'
}

/** `com.amazonaws.sqs#QueueDoesNotExist` and `AWS.SimpleQueueService.NonExistentQueue` → the last part. */
const shortName = (name: string): string => name.replace(/^.*[#.]/, '')

export function errorFacts(error: unknown): AwsErrorFacts {
  if (!(error instanceof Error)) return {name: 'Error', message: String(error)}
  const {$metadata, code, syscall, errors} = error as Error & {
    readonly $metadata?: {readonly httpStatusCode?: number}
    readonly code?: unknown
    readonly syscall?: unknown
    readonly errors?: readonly unknown[]
  }
  // Happy eyeballs: one error per address that was tried.
  const first = errors?.[0]
  if (first !== undefined) return errorFacts(first)
  return {
    name: error.name,
    message: error.message,
    ...($metadata?.httpStatusCode !== undefined && {status: $metadata.httpStatusCode}),
    ...(typeof code === 'string' && {code}),
    ...(typeof syscall === 'string' && {syscall}),
  }
}

const ADVICE: Readonly<
  Record<Fault, {readonly kind: ErrorKind; readonly says: string; readonly try: string}>
> = {
  throttled: {kind: 'unreachable', says: 'AWS throttled the request', try: 'run again in a minute'},
  'not-sent': {
    kind: 'unreachable',
    says: 'no connection could be made',
    try: 'check the endpoint, the Region and the proxy variables (HTTPS_PROXY, NO_PROXY)',
  },
  untrusted: {
    kind: 'unreachable',
    says: 'the certificate of the endpoint is not trusted',
    try: 'point AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS at the PEM file of your company’s certificate authority',
  },
  refused: {kind: 'unreachable', says: 'AWS refused the request', try: 'run mqlift doctor'},
  unknown: {kind: 'unreachable', says: 'AWS did not answer', try: 'check the network, then run again'},
  'access-denied': {
    kind: 'unreachable',
    says: 'AWS denied access',
    try: 'run mqlift doctor: it names the permission that is missing',
  },
  'credentials-expired': {
    kind: 'unreachable',
    says: 'the AWS credentials are missing or have expired',
    try: 'sign in again (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  'clock-skew': {
    kind: 'unreachable',
    says: 'AWS did not accept the signature',
    try: 'check the secret key, and the clock of this machine',
  },
  'target-missing': {kind: 'unreachable', says: 'the resource does not exist', try: 'run mqlift apply'},
}

/** The MqliftError for a call that failed. `doing` completes "…: AWS denied access". */
export function awsFailure(error: unknown, doing: string): MqliftError {
  if (error instanceof MqliftError) return error
  const facts = errorFacts(error)
  const fault = faultOf(facts)
  const {kind, says, try: advice} = ADVICE[fault]
  return new MqliftError(kind, `${doing}: ${says} (${nameOf(facts)})`, {
    reason: fault,
    suggestions: [advice],
    cause: error,
  })
}

/** The most telling name: ECONNREFUSED rather than Error. */
export function nameOf({name, code, message}: AwsErrorFacts): string {
  return name === 'Error' || name === 'TypeError' ? (code ?? message) : shortName(name)
}
