import {resolve} from 'node:path'

import {redacted} from '../cli/redact.ts'
import {sourceSecrets} from '../cli/secrets.ts'
import {MqliftError} from '../errors.ts'
import type {BrokerOptions} from '../protocols/broker-options.ts'
import {openSource} from '../sources/index.ts'
import type {Source} from '../sources/source.ts'
import {type Connection, readConnection, writeConnection} from '../workspace/connection.ts'
import type {Workspace} from '../workspace/workspace.ts'
import {defined} from './defined.ts'
import type {Session} from './session.ts'

export interface SourceFlags {
  readonly management?: string | undefined
  readonly 'password-file'?: string | undefined
  readonly 'password-stdin'?: boolean
  readonly 'ca-file'?: string | undefined
  readonly 'ca-only'?: boolean
  readonly 'cert-file'?: string | undefined
  readonly 'key-file'?: string | undefined
  readonly 'insecure-source'?: boolean
  readonly 'allow-plaintext'?: boolean
}

const BROKER = /^[a-z][a-z0-9+.-]*:\/\//i

/** Opens brokers or export files. Where nothing is named: MQLIFT_SOURCE, then what was inspected. */
export async function openBroker(
  session: Session,
  flags: SourceFlags,
  given: readonly string[],
): Promise<Source> {
  if (session.broker) return session.broker
  const addresses = await knownAddresses(session, given)
  if (addresses.length === 0) throw missingSource()
  return openSource(addresses, await sourceOptions(session, flags, addresses))
}

/** What is named, else MQLIFT_SOURCE, else what was inspected, else nothing. */
export async function knownAddresses(
  {workspace, env}: Session,
  given: readonly string[],
): Promise<readonly string[]> {
  if (given.length > 0) return given
  const address = env['MQLIFT_SOURCE'] ?? (await readConnection(workspace))?.address
  return address === undefined ? [] : [address]
}

/** How to reach it: flags, then how it was reached before. Asks for a password where one is missing. */
export async function sourceOptions(
  session: Session,
  flags: SourceFlags,
  [address = '']: readonly string[],
): Promise<BrokerOptions> {
  const {workspace, talk, runId} = session
  const {management, ...tls} = reach(flags, await before(workspace, address))
  return {
    ...(await sourceSecrets(session, flags, address)),
    ...defined({management}),
    tls: {...tls, insecure: flags['insecure-source'] ?? false},
    allowPlaintext: flags['allow-plaintext'] ?? false,
    connectionName: `mqlift:${runId}`,
    onNotice: (text) => talk.say(text),
  }
}

interface Reach {
  readonly management?: string
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly caOnly: boolean
}

/** How to reach a broker: as the flags say, else as before. A guard that was switched off is not remembered. */
function reach(flags: SourceFlags, known: Connection | undefined): Reach {
  const said = defined({
    management: flags.management,
    caFile: absolute(flags['ca-file']),
    certFile: absolute(flags['cert-file']),
    keyFile: absolute(flags['key-file']),
  })
  const {management, caFile, certFile, keyFile, caOnly = false}: Partial<Connection> = known ?? {}
  return {...defined({management, caFile, certFile, keyFile}), ...said, caOnly: flags['ca-only'] || caOnly}
}

/** How this very broker was reached before. */
async function before(workspace: Workspace, address: string): Promise<Connection | undefined> {
  const remembered = await readConnection(workspace)
  return redacted(address) === remembered?.address ? remembered : undefined
}

const absolute = (path: string | undefined): string | undefined => path && resolve(path)

/** Keeps how a broker was reached, so that `migrate` and `verify` need not be told again. Files are not brokers. */
export async function remember(
  session: Session,
  flags: SourceFlags,
  given: readonly string[],
): Promise<void> {
  const {workspace} = session
  const [address] = await knownAddresses(session, given)
  if (given.length > 1 || address === undefined || !BROKER.test(address)) return
  const known = reach(flags, await before(workspace, address))
  await writeConnection(workspace, {address: redacted(address), ...known})
}

function missingSource(): MqliftError {
  return new MqliftError('usage', 'which broker? The migration folder does not know an address', {
    reason: 'no-source',
    suggestions: [
      'give its address: amqps://user@host/',
      'or set MQLIFT_SOURCE',
      'or run mqlift inspect first',
    ],
  })
}
