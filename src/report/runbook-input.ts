import type {Body} from '../model/artefact.ts'
import type {Deployment} from '../model/deployment.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import type {Plan, Step} from '../model/plan.ts'
import type {Permitted, Wave} from '../model/switching.ts'
import type {Namer} from './words.ts'

export interface RunbookInput {
  readonly plan: Body<Plan>
  readonly inventory: Body<Inventory>
  readonly observation: Observation | undefined
  /** Undefined = nothing is made yet. */
  readonly deployment: Body<Deployment> | undefined
  readonly waves: readonly Wave[]
  /** Null = connections are known, or rights are not. */
  readonly permitted: Permitted | null
  /** The migration folder, for the commands. */
  readonly dir: string
}

/** What every part of the page needs, looked up once. */
export interface Book extends RunbookInput {
  readonly name: Namer
  /** Flow id → how it is called: `2.1`. */
  readonly numbers: ReadonlyMap<string, string>
  readonly steps: ReadonlyMap<string, Step>
}

/** One thing that somebody does, and how it is seen that it was done. */
export interface RunbookStep {
  readonly title: string
  /** Lines of Markdown. */
  readonly say: readonly string[]
  /** What to know beside, one line of Markdown each. */
  readonly list?: readonly string[]
  /** To paste; every word of a broker's went through `word`. */
  readonly commands: readonly string[]
  readonly expect: string
}

const INDENT = '   '

export const numbered = (steps: readonly RunbookStep[]): string[] =>
  steps.flatMap(({title, say, list = [], commands, expect}, index) => [
    ...(index === 0 ? [] : ['']),
    `${index + 1}. **${title}.** ${say.join(' ')}`.trimEnd(),
    ...(list.length === 0 ? [] : ['', ...list.map((line) => `${INDENT}- ${line}`)]),
    ...(commands.length === 0 ? [] : ['', ...['```sh', ...commands, '```'].map((line) => INDENT + line)]),
    '',
    `${INDENT}Expect: ${expect}`,
  ])
