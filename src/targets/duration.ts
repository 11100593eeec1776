const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/** In the largest unit that says it exactly: a change board reads `14 days`, not `1209600 s`. */
export function exactly(ms: number): string {
  const [unit, length] = UNITS.find(([, size]) => ms >= 2 * size && ms % size === 0) ?? ['ms', 1]
  return `${ms / length} ${unit}`
}
