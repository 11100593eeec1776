import type {Case} from './corpus.ts'
import type {Cell} from './routes.ts'

export interface Column {
  readonly title: string
  readonly cells: ReadonlyMap<Case, Cell>
}

/** One table for each group of cases. */
export function tables(cases: readonly Case[], columns: readonly Column[]): string[] {
  const groups = [...Map.groupBy(cases, ({group}) => group)]
  return groups.flatMap(([group, own]) => [
    `## ${group}`,
    '',
    ...table(
      ['case', ...columns.map(({title}) => title)],
      own.map((one) => [one.row, ...columns.map((column) => cellIn(column, one))]),
    ),
    '',
  ])
}

export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  line(heads),
  `|${heads.map(() => '---|').join('')}`,
  ...rows.map(line),
]

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** There is no cell without a message. */
export function cellIn({title, cells}: Column, one: Case): Cell {
  const cell = cells.get(one)
  if (cell === undefined) throw new Error(`${title}: no message of the case ${one.row} came back`)
  return cell
}
