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

/** Adds decisions at the end, unless they stand already. What people wrote there, comments included, stays. */
export async function appendDecisions(workspace: Workspace, added: readonly Decision[]): Promise<void> {
  if (added.length === 0) return
  const file = workspace.path(DECISIONS_FILE)
  const document = await parseYaml((await workspace.readText(DECISIONS_FILE)) ?? '', file)
  const isEmpty = document.contents === null
  const standing = new Map((isEmpty ? [] : yamlValue(document, Decisions, file)).map((one) => [one.id, one]))
  const changes = added.filter(({id, answer}) => standing.get(id)?.answer !== answer)
  if (changes.length === 0) return
  if (isEmpty) {
    document.contents = document.createNode([])
    document.commentBefore = INTRO
  }
  for (const decision of changes) document.add(document.createNode(decision))
  await workspace.writeText(DECISIONS_FILE, document.toString({lineWidth: 0}))
}
