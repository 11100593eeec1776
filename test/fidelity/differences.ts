import type {Headers, Typed} from '../../src/model/envelope.ts'
import {type Case, partOf} from './corpus.ts'
import {isEqual, isTyped, textOf} from './equal.ts'
import {type Corpus, published} from './source.ts'
import {cellIn, type Column, table} from './table.ts'

/** What one RabbitMQ handed out, and what became of that at every target. */
export interface Passage extends Corpus {
  readonly columns: readonly Column[]
}

/** Rows of the cases that a source changes, or that another source hands out or lets arrive differently. */
export function differences(cases: readonly Case[], old: Passage, now: Passage): string[] {
  const rows = cases
    .map((one) => ({
      one,
      arrives: arrivals(one, old, now),
      handed: [old, now].map((each) => handedOut(each, one)),
    }))
    .filter(({one, arrives, handed}) => arrives.length > 0 || isChanged(one, handed))
    .map(({one, arrives, handed}) => [
      one.row,
      one.dies === true ? 'by the broker' : shown(sentBy(one)),
      ...handed.map(shown),
      arrives.length === 0 ? 'nowhere' : arrives.join('; '),
    ])
  return table(
    [
      'case',
      'published',
      ...[old, now].map(({version}) => `RabbitMQ ${version} hands out`),
      `arrives otherwise from ${old.version}`,
    ],
    rows,
  )
}

const sentBy = (one: Case): unknown => partOf(published(one), one.aspect)

/** Values that a broker wrote hold times of its own, so only their form is compared. */
function isChanged(one: Case, handed: readonly unknown[]): boolean {
  const [first, ...others] = one.dies === true ? handed.map(shown) : [sentBy(one), ...handed]
  return others.some((other) => !isEqual(other, first))
}

function handedOut({version, sent}: Passage, one: Case): unknown {
  const found = sent.find((each) => each.one === one)
  if (!found) throw new Error(`RabbitMQ ${version}: no message of the case ${one.row} came back`)
  return partOf(found.envelope, one.aspect)
}

/** Cells that are not what the same message became on its way from the other source. */
function arrivals(one: Case, old: Passage, now: Passage): string[] {
  return old.columns.flatMap((column, at) => {
    const other = now.columns[at]
    const cell = cellIn(column, one)
    return other !== undefined && cellIn(other, one) === cell ? [] : [`${column.title}: ${cell}`]
  })
}

/** Short enough for a cell. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (isHeaders(value)) return `\`${formOf({t: 'F', v: value})}\``
  return `\`${isTyped(value) ? `${formOf(value)} ` : ''}${textOf(value) ?? ''}`.trimEnd() + '`'
}

const isHeaders = (value: unknown): value is Headers => Array.isArray(value)

/** The field tag; of what holds others, theirs: a table with names, an array without repeats. */
function formOf(value: Typed): string {
  if (value.t === 'A') return `[${[...new Set(value.v.map(formOf))].join(', ')}]`
  if (value.t !== 'F') return value.t
  return `{${value.v.map(([name, one]) => `${name}: ${formOf(one)}`).join(', ')}}`
}
