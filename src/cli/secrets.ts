import {constants} from 'node:fs'
import {open} from 'node:fs/promises'
import {text} from 'node:stream/consumers'

import {MqliftError} from '../errors.ts'
import {Secret} from '../model/secret.ts'
import type {Context} from './base-command.ts'
import {ask} from './prompt.ts'
import {redacted} from './redact.ts'

interface SecretFlags {
  readonly 'password-file'?: string | undefined
  readonly 'password-stdin'?: boolean | undefined
}

export interface SourceSecrets {
  readonly password?: Secret
  readonly managementPassword?: Secret
}

const WAYS = [
  'set MQLIFT_SOURCE_PASSWORD',
  'or pass --password-file FILE (mode 0600)',
  'or pipe it in with --password-stdin',
]
/** A user without a password: `amqps://ops@rabbit.corp`. */
const USER_ALONE = /^[a-z+]+:\/\/[^\s:@/]+@/i

/** Every RabbitMQ takes guest/guest from the machine itself: the source knows it (sources/address.ts). */
const LOCAL_GUEST = /^[a-z+]+:\/\/guest@(localhost|127(\.\d{1,3}){3}|\[::1\])([:/?,]|$)/i

/** Where passwords come from: file, stdin, environment, a question. Never a flag (SEC-1). */
export async function sourceSecrets(
  context: Context,
  flags: SecretFlags,
  address: string,
): Promise<SourceSecrets> {
  const password = await sourcePassword(context, flags, address)
  const management = context.env['MQLIFT_MANAGEMENT_PASSWORD']
  const managementPassword = management ? new Secret(management) : password
  return {...(password && {password}), ...(managementPassword && {managementPassword})}
}

async function sourcePassword(
  {talk, env}: Context,
  flags: SecretFlags,
  address: string,
): Promise<Secret | undefined> {
  if (flags['password-file'] !== undefined) return secretFromFile(flags['password-file'])
  if (flags['password-stdin']) return new Secret(firstLine(await text(process.stdin)))
  if (env['MQLIFT_SOURCE_PASSWORD']) return new Secret(env['MQLIFT_SOURCE_PASSWORD'])
  if (!USER_ALONE.test(address) || LOCAL_GUEST.test(address)) return undefined
  return new Secret(
    await ask(talk, {question: `Password for ${redacted(address)}`, secret: true, instead: WAYS}),
  )
}

/** The first line of a file that nobody but its owner can read (SEC-4). */
export async function secretFromFile(path: string, instead: readonly string[] = WAYS): Promise<Secret> {
  try {
    await using file = await open(path, constants.O_RDONLY)
    const {mode} = await file.stat()
    if ((mode & 0o077) === 0) return new Secret(firstLine(await file.readFile('utf8')))
  } catch (error) {
    throw new MqliftError('input', `cannot read the password file ${path}`, {
      file: path,
      suggestions: instead,
      cause: error,
    })
  }
  throw new MqliftError('refused', `${path} can be read by others`, {
    file: path,
    reason: 'loose-permissions',
    suggestions: [`chmod 600 ${path}`],
  })
}

const firstLine = (content: string): string => content.split(/\r?\n/, 1)[0] ?? ''
