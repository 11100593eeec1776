import type {Context} from '../cli/base-command.ts'
import type {Source} from '../sources/source.ts'
import {recordRun, type Run} from '../workspace/runs.ts'
import {Workspace} from '../workspace/workspace.ts'

/** One command at work on one migration folder. */
export interface Session extends Context {
  readonly workspace: Workspace
  readonly audit: Audit
  /** A broker that is there already: the demo's. No other is opened. */
  readonly broker?: Source
}

/** The audit entry of this command (SEC-56). Commands that contact no system leave none. */
export interface Audit {
  /** Writes the entry; how it ended is added when the command ends. */
  start(switched: readonly string[]): Promise<void>
  /** The AWS identity in use, once it is known. */
  caller(arn: string): Promise<void>
}

export function openSession(context: Context): Session {
  const workspace = new Workspace(context.dir)
  return {...context, workspace, audit: audit(context, workspace)}
}

function audit(context: Context, workspace: Workspace): Audit {
  let entry: Run | undefined
  return {
    async start(switched) {
      if (entry) return
      entry = await newEntry(context, workspace, switched)
      await recordRun(workspace, entry)
      context.atEnd(async (exit) => {
        if (entry) await recordRun(workspace, {...entry, exit})
      })
    },
    async caller(arn) {
      if (!entry || entry.caller === arn) return
      entry = {...entry, caller: arn}
      await recordRun(workspace, entry)
    },
  }
}

async function newEntry(context: Context, workspace: Workspace, switched: readonly string[]): Promise<Run> {
  const {runId, user, host, tool, command} = context
  const plan = (await workspace.has('plan.json')) ? await workspace.hash('plan') : null
  const at = new Date(context.now()).toISOString()
  return {
    id: runId,
    at,
    user,
    host,
    tool,
    command: [...command],
    caller: null,
    plan,
    overrides: [...switched],
    exit: null,
  }
}

/** Names of the given flags that are set: what the audit trail calls overrides. */
export function overrides(flags: object, names: readonly string[]): string[] {
  const set = Object.entries(flags).filter(([, value]) => value !== undefined && value !== false)
  return set.filter(([name]) => names.includes(name)).map(([name]) => `--${name}`)
}
