import {type Decision, Decisions} from '../model/decisions.ts'
import type {Workspace} from './workspace.ts'
import {parseYaml, yamlValue} from './yaml.ts'

export const DECISIONS_FILE = 'decisions.yaml'
const INTRO = ' Answers and accepted losses. Ids are stable: what is decided here survives a new plan.'

/** Everything decided so far; the last entry of an id wins. */
export async function readDecisions(workspace: Workspace): Promise<Decisions> {
  const text = await workspace.readText(DECISIONS_FILE)
  if (text === undefined) return []
  const file = workspace.path(DECISIONS_FILE)
  const document = await parseYaml(text, file)
  if (document.contents === null) return []
  const all = yamlValue(document, Decisions, file)
  return [...new Map(all.map((decision) => [decision.id, decision])).values()]
}

/** Adds decisions at the end. What people wrote there, comments included, stays as it is. */
export async function appendDecisions(workspace: Workspace, added: readonly Decision[]): Promise<void> {
  if (added.length === 0) return
  const file = workspace.path(DECISIONS_FILE)
  const document = await parseYaml((await workspace.readText(DECISIONS_FILE)) ?? '', file)
  if (document.contents === null) {
    document.contents = document.createNode([])
    document.commentBefore = INTRO
  } else yamlValue(document, Decisions, file)
  for (const decision of added) document.add(document.createNode(decision))
  await workspace.writeText(DECISIONS_FILE, document.toString({lineWidth: 0}))
}
