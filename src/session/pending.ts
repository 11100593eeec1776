import {z} from 'zod'

import {MqliftError} from '../errors.ts'
import {LaneState} from '../ledger/ledger.ts'
import {parseJson} from '../workspace/parse.ts'
import type {Workspace} from '../workspace/workspace.ts'

const FILE = 'retry/pending.json'
const Pending = z.record(
  z.string(),
  z.object({
    seqs: z.array(z.number()),
    /** How the lane had ended before: what a retry does says nothing about its source. */
    state: LaneState,
    endReason: z.string(),
  }),
)
/** By move, the numbers of entries whose messages are in the archive and nowhere else. */
export type Pending = z.infer<typeof Pending>

/** Written before their entries are opened again: whoever was killed in between finds them here. */
export const writePending = (workspace: Workspace, pending: Pending): Promise<void> =>
  workspace.writeText(FILE, `${JSON.stringify(pending)}\n`)

export async function readPending(workspace: Workspace): Promise<Pending> {
  const text = await workspace.readText(FILE)
  if (text === undefined) return {}
  const file = workspace.path(FILE)
  const result = Pending.safeParse(parseJson(text, file))
  if (result.success) return result.data
  throw new MqliftError('input', `${file} is damaged: it names the messages that are being retried`, {
    file,
    suggestions: ['restore the migration folder from a copy'],
  })
}
