import {z} from 'zod'

import {LaneState} from '../ledger/ledger.ts'
import {parseState} from '../workspace/parse.ts'
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
  return parseState(Pending, text, workspace.path(FILE), 'the messages that are being retried')
}
