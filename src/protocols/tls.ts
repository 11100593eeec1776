import {readFile} from 'node:fs/promises'
import {isIP} from 'node:net'
import tls from 'node:tls'

import {MqliftError} from '../errors.ts'
import {OF_SOURCE, type Words} from './words.ts'

/** TLS per endpoint. Verification is on; the CA file adds to the system's unless `caOnly` (SEC-11…14). */
export interface TlsOptions {
  readonly caFile?: string
  readonly caOnly: boolean
  readonly certFile?: string
  readonly keyFile?: string
  /** Only by its own flag, warned about and reported. */
  readonly insecure: boolean
}

/** What node:tls, undici and amqplib take. */
export interface NodeTlsOptions {
  readonly minVersion: 'TLSv1.2'
  readonly rejectUnauthorized: boolean
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
}

/** Reads the files and refuses settings that would switch verification off behind the operator's back. */
export async function nodeTls(
  options: TlsOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<NodeTlsOptions> {
  refuseDisabledVerification(env)
  if ((options.certFile === undefined) !== (options.keyFile === undefined))
    throw new MqliftError('usage', 'A client certificate needs both its file and its key file')
  const [own, cert, key] = await Promise.all([
    readPem(options.caFile, 'CERTIFICATE'),
    readPem(options.certFile, 'CERTIFICATE'),
    readPem(options.keyFile, 'PRIVATE KEY'),
  ])
  if (options.caOnly && own === undefined)
    throw new MqliftError('usage', 'Trusting only one CA needs the file that holds it')
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !options.insecure,
    ca: own !== undefined && options.caOnly ? [own] : [...trusted(), ...(own === undefined ? [] : [own])],
    ...(cert === undefined || key === undefined ? {} : {cert, key}),
  }
}

/** Node's own roots (with NODE_EXTRA_CA_CERTS) and the machine's, where companies install theirs. */
function trusted(): string[] {
  return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])]
}

function refuseDisabledVerification(env: Readonly<Record<string, string | undefined>>): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return
  throw new MqliftError(
    'refused',
    'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checks off everywhere',
    {
      reason: 'tls-verification-disabled',
      suggestions: [
        'unset NODE_TLS_REJECT_UNAUTHORIZED',
        'Give the CA that signed the certificate as a file',
      ],
    },
  )
}

async function readPem(file: string | undefined, label: string): Promise<string | undefined> {
  if (file === undefined) return undefined
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new MqliftError('input', `${file} cannot be read`, {file, cause: error})
  }
  if (text.includes(`${label}-----`)) return text
  throw new MqliftError('input', `${file} is not a PEM file with a ${label.toLowerCase()}`, {
    file,
    suggestions: ['Convert it: openssl x509 -inform der -in <file> -out <file>.pem'],
  })
}

/** OpenSSL and Node codes that mean "the certificate is not acceptable". */
const CERTIFICATE_CODES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: compare the clocks',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate was signed by a CA this machine does not trust',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate was signed by a CA this machine does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate was signed by a CA this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate was signed by a CA this machine does not trust',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
}

const PROTOCOL_CODES: Readonly<Record<string, string>> = {
  EPROTO: 'the TLS handshake failed',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS on this port',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it offers nothing newer than TLS 1.1',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it offers nothing newer than TLS 1.1',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a client certificate',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'it refused the TLS handshake: it may ask for a client certificate',
  ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE:
    'it refused the TLS handshake: it may ask for a client certificate',
}

/** What a failed TLS connection means, or undefined when the error is not about TLS. For adapters. */
export function explainTlsError(
  code: string | undefined,
  {ca, clientCertificate}: Words = OF_SOURCE,
): {why: string; suggestion: string} | undefined {
  if (code === undefined) return undefined
  const certificate = CERTIFICATE_CODES[code]
  if (certificate !== undefined)
    return {why: certificate, suggestion: `Give the CA with ${ca}, or have the certificate renewed`}
  const protocol = PROTOCOL_CODES[code]
  if (protocol === undefined) return undefined
  const own = clientCertificate === null ? '' : `; a client certificate is ${clientCertificate}`
  return {why: protocol, suggestion: `Check scheme and port${own}`}
}

export interface PeerCertificate {
  readonly subject: string
  readonly issuer: string
  /** ISO 8601. */
  readonly validTo: string
  readonly protocol: string
  /** Undefined when the chain and name were accepted, else the code of the reason. */
  readonly problem: string | undefined
}

/** Looks at an endpoint's certificate without judging it: for doctor and the days left (SEC-17). */
export async function peerCertificate(
  endpoint: {readonly host: string; readonly port: number},
  options: NodeTlsOptions,
  signal: AbortSignal,
): Promise<PeerCertificate> {
  const socket = tls.connect({
    ...options,
    ...endpoint,
    ...(isIP(endpoint.host) === 0 ? {servername: endpoint.host} : {}),
    rejectUnauthorized: false,
  })
  const abort = (): void => void socket.destroy(new Error('aborted'))
  signal.addEventListener('abort', abort, {once: true})
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject)
    })
    const certificate = socket.getPeerCertificate()
    // authorizationError is a code string at run time, although it is typed as an Error.
    const problem: unknown = socket.authorizationError
    return {
      subject: flat(certificate.subject.CN),
      issuer: flat(certificate.issuer.CN),
      validTo: new Date(certificate.valid_to).toISOString(),
      protocol: socket.getProtocol() ?? 'unknown',
      problem: socket.authorized ? undefined : String(problem),
    }
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}

const flat = (name: string | string[] | undefined): string =>
  Array.isArray(name) ? name.join(', ') : (name ?? '')
