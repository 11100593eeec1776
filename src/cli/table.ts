import {shown} from './terminal.ts'
import {columns, fit} from './width.ts'

/** A cell: a broker's words or a figure, and what its colour says beside the words. */
export type Cell = string | number | null | {readonly text: string; readonly tint: (text: string) => string}

export interface Column {
  readonly title: string
  readonly align?: 'right'
  /** Widest this column may get; longer cells end in `…`. */
  readonly max?: number
}

const GAP = '  '

/** Aligned columns for people. Every cell goes through `shown`; null is an unknown and prints as `?`. */
export function table(heads: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => heads.map((head, index) => fit(shown(textOf(row[index])), head.max ?? 60)))
  const widths = heads.map((head, index) =>
    Math.max(columns(head.title), ...texts.map((row) => columns(row[index] ?? ''))),
  )
  const padded = (text: string, index: number): string => {
    const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - columns(text)))
    return heads[index]?.align === 'right' ? space + text : text + space
  }
  const lines = texts.map((row, number) =>
    row.map((text, index) => tinted(rows[number]?.[index], padded(text, index))).join(GAP),
  )
  const head = heads.map(({title}, index) => padded(title.toUpperCase(), index)).join(GAP)
  return [head, ...lines].map((line) => line.trimEnd()).join('\n')
}

function textOf(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '?'
  if (typeof cell === 'number') return figure(cell)
  return typeof cell === 'string' ? cell : cell.text
}

const tinted = (cell: Cell | undefined, text: string): string =>
  typeof cell === 'object' && cell !== null ? cell.tint(text) : text

/** A count with thousands separators; `?` when unknown. */
export function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? '?' : value.toLocaleString('en-US')
}

/** `1 queue`, `2 queues`, `? queues`. */
export function counted(count: number | null, one: string, many = `${one}s`): string {
  return `${figure(count)} ${count === 1 ? one : many}`
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** A duration people can plan with: `40 s`, `12 min`, `3.5 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return 'unknown'
  const [unit, length] = UNITS.find(([, least]) => seconds >= least) ?? ['s', 1]
  const amount = seconds / length
  return `${amount >= 10 || Number.isInteger(amount) ? Math.round(amount) : amount.toFixed(1)} ${unit}`
}

/** A size in binary units. */
export function size(bytes: number | null): string {
  if (bytes === null) return '?'
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(names.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const amount = bytes / 1024 ** power
  return `${power === 0 || amount >= 10 ? Math.round(amount) : amount.toFixed(1)} ${names[power]}`
}
