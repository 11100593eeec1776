/** Runs of consecutive numbers, first and last of each: one statement instead of one per entry. */
export function rangesOf(
  entries: readonly {readonly seq: number}[],
): (readonly [first: number, last: number])[] {
  const sorted = entries.map(({seq}) => seq).toSorted((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const seq of sorted) {
    const last = ranges.at(-1)
    if (last && seq <= last[1] + 1) last[1] = seq
    else ranges.push([seq, seq])
  }
  return ranges
}
