import type {MigrateEvent} from '../model/events.ts'

/** What the status line says, in figures. */
export interface Status {
  readonly done: number
  /** Null while no lane could say how much waits. */
  readonly total: number | null
  readonly failed: number
  readonly doubt: number
  /** Messages per second over the last seconds. */
  readonly rate: number
  readonly lanes: number
  readonly running: number
  /** Null while unknown: below 1 % an estimate is a guess. */
  readonly etaSeconds: number | null
  /** Why it is slower than it could be. */
  readonly throttled: string | null
}

interface Lane {
  depth: number | null
  settled: number
  sent: number
  failed: number
  doubt: number
  waiting: number | null
  running: boolean
  throttled: {reason: string; at: number} | null
}

/** Rates are measured over this long; a throttle reason is shown for as long after it was last heard. */
const WINDOW = 10_000
const ETA_FROM = 0.01

/** Adds the events of all lanes up. Pure but for the clock it is given. */
export class Tally {
  readonly #lanes = new Map<string, Lane>()
  readonly #samples: {at: number; done: number}[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  add(event: MigrateEvent): void {
    const lane = this.#lane(event.move)
    if (event.type === 'lane-started') Object.assign(lane, {depth: event.depth, running: true})
    if (event.type === 'lane-ended') lane.running = false
    if (event.type === 'throttled') lane.throttled = {reason: event.reason, at: this.#now()}
    if (event.type !== 'progress') return
    const {settled, sent, failed, doubt, waiting} = event
    Object.assign(lane, {settled, sent, failed, doubt, waiting})
    this.#sample()
  }

  status(): Status {
    const lanes = [...this.#lanes.values()]
    const done = this.#done()
    const total = sum(lanes.map(totalOf))
    const rate = this.#rate()
    const known = total !== null && rate > 0 && done >= total * ETA_FROM
    return {
      done,
      total,
      failed: sum(lanes.map((lane) => lane.failed)) ?? 0,
      doubt: sum(lanes.map((lane) => lane.doubt)) ?? 0,
      rate,
      lanes: lanes.length,
      running: lanes.filter((lane) => lane.running).length,
      etaSeconds: known ? Math.max(0, total - done) / rate : null,
      throttled: lanes.map((lane) => this.#recent(lane)).find((reason) => reason !== null) ?? null,
    }
  }

  #lane(move: string): Lane {
    const found = this.#lanes.get(move)
    if (found) return found
    const lane: Lane = {
      depth: null,
      settled: 0,
      sent: 0,
      failed: 0,
      doubt: 0,
      waiting: null,
      running: false,
      throttled: null,
    }
    this.#lanes.set(move, lane)
    return lane
  }

  #recent({throttled}: Lane): string | null {
    return throttled && this.#now() - throttled.at < WINDOW ? throttled.reason : null
  }

  /** Messages that arrived: settled ones and those whose acknowledgement is still on its way. */
  #done(): number {
    return sum([...this.#lanes.values()].map((lane) => Math.max(lane.sent, lane.settled))) ?? 0
  }

  #sample(): void {
    const at = this.#now()
    this.#samples.push({at, done: this.#done()})
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW) this.#samples.shift()
  }

  #rate(): number {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (!first || !last || last.at === first.at) return 0
    return (last.done - first.done) / ((last.at - first.at) / 1000)
  }
}

/**
 * What waited at the start. `waiting` is a reading that may be seconds old, so it counts only once more was moved than
 * there was: then a producer is running.
 */
function totalOf(lane: Lane): number | null {
  const done = Math.max(lane.sent, lane.settled) + lane.failed
  if (lane.depth !== null && done <= lane.depth) return lane.depth
  return lane.waiting === null ? (lane.depth === null ? null : done) : done + lane.waiting
}

const sum = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0)
}
