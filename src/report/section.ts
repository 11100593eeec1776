/** One part of the page: a heading and its lines; no lines, no heading. */
export interface Section {
  readonly title: string
  readonly lines: readonly string[]
}
