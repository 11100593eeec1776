import {MqliftError} from '../errors.ts'
import {Observation} from '../model/inventory.ts'
import {appendLine, makeFolder} from './files.ts'
import {parseJson} from './parse.ts'
import type {Workspace} from './workspace.ts'

export const OBSERVATIONS_FILE = 'observations.jsonl'

/** Adds readings of the numbers that move, one line each. */
export async function appendObservations(
  workspace: Workspace,
  observations: readonly Observation[],
): Promise<void> {
  if (observations.length === 0) return
  await makeFolder(workspace.dir)
  const lines = observations.map((observation) => JSON.stringify(observation)).join('\n')
  const torn = !((await workspace.readText(OBSERVATIONS_FILE)) ?? '\n').endsWith('\n')
  await appendLine(workspace.path(OBSERVATIONS_FILE), torn ? `\n${lines}` : lines)
}

/** The latest reading. A last line cut short by a crash is passed over; the one before it counts. */
export async function lastObservation(workspace: Workspace): Promise<Observation | undefined> {
  const text = await workspace.readText(OBSERVATIONS_FILE)
  const lines = (text ?? '').split('\n').filter((line) => line !== '')
  const complete = text?.endsWith('\n') ? lines : lines.slice(0, -1)
  const last = complete.at(-1)
  return last === undefined ? undefined : parseObservation(last, workspace, complete.length)
}

function parseObservation(line: string, workspace: Workspace, number: number): Observation {
  const file = workspace.path(OBSERVATIONS_FILE)
  const result = Observation.safeParse(parseJson(line, file))
  if (result.success) return result.data
  throw new MqliftError('input', `${file}: line ${number} is not an observation`, {
    file,
    line: number,
    suggestions: ['run mqlift inspect again'],
  })
}
