import type {ControlledMove, ControlRequest, ControlStatus} from '../model/control.ts'
import type {MigrateEvent} from '../model/events.ts'

export interface SteeringOptions {
  readonly run: string
  readonly since: string
  readonly bridge: boolean
  readonly rate: number | null
  /** Why the pause file wants a pause; null = there is none. */
  readonly pauseFile: () => Promise<string | null>
}

/** How a running migration is told to pause, to go slower or to end, and what it says of itself. */
export class Steering {
  readonly #options: SteeringOptions
  readonly #moves = new Map<string, ControlledMove>()
  readonly #stop = new AbortController()
  #paused: string | null = null
  #rate: number | null

  constructor(options: SteeringOptions) {
    this.#options = options
    this.#rate = options.rate
  }

  /** Aborted when somebody said stop. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  rate(): number | null {
    return this.#rate
  }

  /**
   * Of several reasons the first is shown; the others keep it paused all the same. Nothing holds up an end that was
   * asked for, not the pause file either: what has come is sent before it.
   */
  async paused(): Promise<string | null> {
    if (this.#stop.signal.aborted) return null
    return this.#paused ?? (await this.#options.pauseFile())
  }

  async obey(request: ControlRequest): Promise<ControlStatus> {
    if (request.do === 'pause') this.#paused = pausedBecause(request.why)
    if (request.do === 'resume') this.#paused = null
    if (request.do === 'rate') this.#rate = request.perSecond
    if (request.do === 'stop') this.#stop.abort()
    return this.#status()
  }

  event(event: MigrateEvent): void {
    const known = this.#moves.get(event.move) ?? unstarted(event.move)
    this.#moves.set(event.move, after(known, event))
  }

  async #status(): Promise<ControlStatus> {
    const {run, since, bridge} = this.#options
    return {
      kind: 'mqlift/control',
      run,
      pid: process.pid,
      since,
      bridge,
      paused: await this.paused(),
      stopping: this.#stop.signal.aborted,
      rate: this.#rate,
      moves: [...this.#moves.values()],
    }
  }
}

const pausedBecause = (why: string | null): string =>
  why === null ? 'paused: mqlift control pause' : `paused: ${why}`

const unstarted = (move: string): ControlledMove => ({
  move,
  state: 'running',
  because: null,
  received: 0,
  sent: 0,
  settled: 0,
  failed: 0,
  doubt: 0,
  waiting: null,
})

function after(move: ControlledMove, event: MigrateEvent): ControlledMove {
  if (event.type === 'progress') {
    const {received, sent, settled, failed, doubt, waiting} = event
    return {...move, received, sent, settled, failed, doubt, waiting: waiting ?? move.waiting}
  }
  if (event.type === 'lane-started') return {...move, state: 'running', waiting: event.depth}
  if (event.type === 'lane-ended') return {...move, state: event.outcome, because: event.reason}
  if (event.type === 'resumed') return {...move, because: null}
  return {...move, because: event.type === 'notice' ? event.text : event.reason}
}
