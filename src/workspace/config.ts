import {Config} from '../model/decisions.ts'
import type {Workspace} from './workspace.ts'
import {parseYaml, yamlValue} from './yaml.ts'

export const CONFIG_FILE = 'mqlift.yaml'

/** mqlift.yaml of the migration folder; an absent file means the defaults. An unknown key is refused: a typo must show. */
export async function readConfig(workspace: Workspace): Promise<Config> {
  const text = await workspace.readText(CONFIG_FILE)
  if (text === undefined) return Config.parse({})
  const file = workspace.path(CONFIG_FILE)
  const document = await parseYaml(text, file)
  return document.contents === null ? Config.parse({}) : yamlValue(document, Config.strict(), file)
}
