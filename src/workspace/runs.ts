import {z} from 'zod'

import {artefact} from '../model/artefact.ts'
import {parseState} from './parse.ts'
import type {Workspace} from './workspace.ts'

export const RUNS_FILE = 'run.json'
/** Older entries are dropped: a polling script must not grow the file for ever. */
const KEPT = 1000

/** One command as it was run (SEC-56). The command line is redacted before it comes here. */
export const Run = z.object({
  id: z.string(),
  at: z.string(),
  user: z.string(),
  host: z.string(),
  tool: z.string(),
  command: z.array(z.string()),
  /** AWS identity, when one was used. */
  caller: z.string().nullable(),
  /** Content hash of plan.json when the command started, null = there was none. */
  plan: z.string().nullable(),
  /** Every flag that switched a guard off. */
  overrides: z.array(z.string()),
  /** Null while it runs, or when it was killed. */
  exit: z.number().nullable(),
})
export type Run = z.infer<typeof Run>

export const Runs = artefact('run', 1, {runs: z.array(Run)})
export type Runs = z.infer<typeof Runs>

/** The audit trail, oldest first. */
export async function readRuns(workspace: Workspace): Promise<readonly Run[]> {
  const text = await workspace.readText(RUNS_FILE)
  if (text === undefined) return []
  return parseState(Runs, text, workspace.path(RUNS_FILE), 'the commands that were run').runs
}

/** Adds a run, or replaces the entry of the same id. */
export async function recordRun(workspace: Workspace, run: Run): Promise<void> {
  const earlier = (await readRuns(workspace)).filter((other) => other.id !== run.id)
  const runs: Runs = {kind: 'mqlift/run', version: 1, inputs: {}, runs: [...earlier, run].slice(-KEPT)}
  await workspace.writeText(RUNS_FILE, `${JSON.stringify(runs, null, 2)}\n`)
}
