type Defined<T> = {[K in keyof T as undefined extends T[K] ? never : K]: T[K]} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The fields that are set: flags give undefined, options leave out (exactOptionalPropertyTypes). */
export function defined<T extends object>(fields: T): Defined<T> {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined)
  // The compiler cannot see what the filter has done.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(set) as Defined<T>
}
