import type {Count} from '../../targets/target.ts'

/** What is known of the number of messages at a target. */
export type TargetReading =
  | {readonly state: 'settled'; readonly messages: number}
  | {readonly state: 'pending'; readonly because: string}
  | {readonly state: 'unread'; readonly because: string}

export interface ReadingOptions {
  readonly count: (target: string) => Promise<Count | null>
  readonly wait: boolean
  readonly intervalMs: number
  readonly sleep: (ms: number) => Promise<void>
}

/** SQS counts need a minute of quiet: three equal readings 60 s apart (reliability.md 2.10). */
const EQUAL_READINGS = 3
const MOST_READINGS = 10

/** Reads all targets together, until each has said the same three times or it is given up. */
export async function readTargets(
  targets: readonly string[],
  options: ReadingOptions,
): Promise<ReadonlyMap<string, TargetReading>> {
  const histories = new Map<string, (Count | null)[]>(targets.map((target) => [target, []]))
  for (let round = 1; ; round++) {
    const open = targets.filter((target) => !isOver(histories.get(target) ?? []))
    await Promise.all(open.map(async (target) => histories.get(target)?.push(await options.count(target))))
    const waiting = targets.some((target) => !isOver(histories.get(target) ?? []))
    if (!waiting || !options.wait || round === MOST_READINGS) break
    await options.sleep(options.intervalMs)
  }
  return new Map(Array.from(histories, ([target, history]) => [target, readingOf(history)]))
}

/** An exact count needs no second look; a missing target will not come back. */
function isOver(history: readonly (Count | null)[]): boolean {
  const last = history.at(-1)
  if (last === undefined) return false
  if (last === null || !last.approximate) return true
  const recent = history.slice(-EQUAL_READINGS)
  return recent.length === EQUAL_READINGS && recent.every((count) => count && total(count) === total(last))
}

function readingOf(history: readonly (Count | null)[]): TargetReading {
  const last = history.at(-1)
  if (!last)
    return {
      state: 'unread',
      because: 'the target holds no messages to count (a topic), is gone, or could not be asked',
    }
  if (last.inFlight > 0) {
    return {
      state: 'unread',
      because: `${last.inFlight} messages are being received: counts prove nothing while consumers run`,
    }
  }
  if (isOver(history)) return {state: 'settled', messages: total(last)}
  const because =
    history.length === 1
      ? 'the count of the target is approximate: `mqlift verify --wait` reads it until it has settled'
      : `the count of the target did not settle in ${history.length} readings`
  return {state: 'pending', because}
}

const total = ({visible, inFlight, delayed}: Count): number => visible + inFlight + delayed
