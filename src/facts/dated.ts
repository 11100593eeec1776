/**
 * A figure somebody else may change: an AWS limit, a price, what an engine can do. It carries where it was read
 * and when, and every report that used it says so. `read` is the day, or the period of the copy that was read.
 */
export interface Dated<T> {
  readonly value: T
  readonly url: string
  readonly read: string
  /** How sure we are, when it is not plain AWS documentation. */
  readonly status?: 'derived' | 'secondary' | 'unconfirmed' | 'conflict' | 'measured'
  readonly note?: string
}

type Provenance = Omit<Dated<never>, 'value'>

/** Figures read on one page on one day. */
export const readAt =
  (url: string, read: string) =>
  <const T>(value: T, more: Omit<Provenance, 'url' | 'read'> = {}): Dated<T> => ({value, url, read, ...more})
