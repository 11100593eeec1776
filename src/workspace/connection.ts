import {z} from 'zod'

import {MqliftError} from '../errors.ts'
import {artefact} from '../model/artefact.ts'
import {parseJson} from './parse.ts'
import type {Workspace} from './workspace.ts'

export const CONNECTION_FILE = 'connection.json'

/** How the broker was reached, so that later commands need not be told again. No secret, and no guard switched off. */
export const Connection = artefact('connection', 1, {
  /** With the user, without password and query. */
  address: z.string(),
  management: z.string().optional(),
  caFile: z.string().optional(),
  caOnly: z.boolean(),
  certFile: z.string().optional(),
  keyFile: z.string().optional(),
})
export type Connection = z.infer<typeof Connection>

export async function readConnection(workspace: Workspace): Promise<Connection | undefined> {
  const text = await workspace.readText(CONNECTION_FILE)
  if (text === undefined) return undefined
  const file = workspace.path(CONNECTION_FILE)
  const result = Connection.safeParse(parseJson(text, file))
  if (result.success) return result.data
  throw new MqliftError('input', `${file} is damaged`, {
    file,
    suggestions: ['give the address of the broker'],
  })
}

export async function writeConnection(
  workspace: Workspace,
  connection: Omit<Connection, 'kind' | 'version' | 'inputs'>,
): Promise<void> {
  const whole: Connection = {kind: 'mqlift/connection', version: 1, inputs: {}, ...connection}
  await workspace.writeText(CONNECTION_FILE, `${JSON.stringify(whole, null, 2)}\n`)
}
