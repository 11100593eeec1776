import type {Body} from '../model/artefact.ts'
import type {Deployment} from '../model/deployment.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import type {Change, Loss, NotMoved, Plan, Question, Step} from '../model/plan.ts'
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
  readonly about: About
  /** How many moves fill a target, by step id. */
  readonly fills: ReadonlyMap<string, number>
}

type Of<T> = (ids: readonly string[]) => T[]

/** What the plan says of these destinations, in its order. Asked for every flow, so it is looked up once. */
export interface About {
  readonly open: Of<Question>
  readonly losses: Of<Loss>
  readonly changes: Of<Change>
  readonly notMoved: Of<NotMoved>
  readonly steps: Of<Step>
}

export function aboutOf({open, losses, changes, notMoved, steps}: Body<Plan>): About {
  return {
    open: finder(bySubject(open)),
    losses: finder(bySubject(losses)),
    changes: finder(bySubject(changes)),
    notMoved: finder(bySubject(notMoved)),
    steps: finder(byId(steps)),
  }
}

const finder =
  <T>(known: ReadonlyMap<string, readonly T[]>): Of<T> =>
  (ids) =>
    ids.flatMap((id) => known.get(id) ?? [])

const bySubject = <T extends {readonly subject: string}>(list: readonly T[]): Map<string, T[]> =>
  Map.groupBy(list, ({subject}) => subject)

/** A step stands for several. */
function byId(steps: readonly Step[]): Map<string, Step[]> {
  const found = new Map<string, Step[]>()
  for (const step of steps)
    for (const id of step.for) {
      const known = found.get(id)
      if (known) known.push(step)
      else found.set(id, [step])
    }
  return found
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
