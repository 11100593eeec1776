export type Outcome = 'applied' | 'lost'

const OPEN = 0
const RELEASED = 1
const ACKED = 2

/** One delivery that the broker still counts as ours, or whose ack is not proved yet. */
export interface Tracked {
  readonly tag: number
  readonly bytes: number
  readonly receivedAt: number
  state: number
  resolve: ((outcome: Outcome) => void) | undefined
}

/** One basic.ack. `messages` = how many it acknowledges. */
export interface AckFrame {
  readonly tag: number
  readonly multiple: boolean
  readonly messages: number
}

const LOST = Promise.resolve<Outcome>('lost')
/** Finished entries are cut off in chunks: shifting one by one would be quadratic. */
const CHUNK = 1024

/**
 * The deliveries of one epoch, in the order of their tags: which may be acked, in which frames, and whose ack is
 * known to be applied. No I/O.
 *
 * Acks go out as `multiple` for the longest prefix in which everything is acked (reliability.md 2.3). Behind a
 * released delivery, which stays ours until the end, a `multiple` would take that one too: from there on they go
 * out one by one. So do those behind one that is passed over, because it is answered late.
 */
export class Outstanding {
  /** Before `#first` everything is framed or released. */
  #items: Tracked[] = []
  #first = 0
  #toFrame = 0
  /** Framed in this order, which is the order in which the broker applies them; proved up to `#proved`. */
  #framed: Tracked[] = []
  /** Passed over, and not answered yet: others behind them went out one by one. */
  readonly #passed = new Set<Tracked>()
  /** Passed over, and acked since. */
  #late: Tracked[] = []
  #proved = 0
  #provedBefore = 0
  #oldestReleased: number | undefined
  #closed = false
  #bytes = 0
  #received = 0
  #open = 0

  /** Bytes of bodies that the caller may still hold. */
  get bytes(): number {
    return this.#bytes
  }

  /** Tag of the newest delivery. */
  get received(): number {
    return this.#received
  }

  /** Deliveries that were neither acked nor released. */
  get open(): number {
    return this.#open
  }

  /** Acked and not yet told to the broker. */
  get toFrame(): number {
    return this.#toFrame
  }

  /** Acks told so far in this epoch, for {@link prove}. */
  get framed(): number {
    return this.#provedBefore + this.#framed.length
  }

  /** Acks known to be applied. */
  get applied(): number {
    return this.#provedBefore + this.#proved
  }

  /** Acked, told, and not yet known to be applied. */
  get unproved(): number {
    return this.#framed.length - this.#proved
  }

  /** Deliveries that the broker was not told to forget: they come back when the channel closes. */
  get kept(): number {
    return this.#received - this.framed
  }

  /** When the oldest delivery that keeps the others from being acked came. */
  get oldestOpen(): number | undefined {
    const [passed] = this.#passed
    return (passed ?? this.#items[this.#first])?.receivedAt
  }

  /** When the oldest released delivery came. */
  get oldestReleased(): number | undefined {
    return this.#oldestReleased
  }

  add(tag: number, bytes: number, receivedAt: number): Tracked {
    const item: Tracked = {tag, bytes, receivedAt, state: OPEN, resolve: undefined}
    this.#items.push(item)
    this.#received = tag
    this.#bytes += bytes
    this.#open++
    return item
  }

  ack(item: Tracked): Promise<Outcome> {
    if (this.#closed || item.state !== OPEN) return LOST
    item.state = ACKED
    this.#open--
    this.#bytes -= item.bytes
    this.#toFrame++
    if (this.#passed.delete(item)) this.#late.push(item)
    return new Promise((resolve) => {
      item.resolve = resolve
    })
  }

  release(item: Tracked): void {
    if (item.state !== OPEN) return
    item.state = RELEASED
    this.#open--
    this.#bytes -= item.bytes
    if (this.#passed.delete(item)) this.#oldestReleased ??= item.receivedAt
  }

  /** What was neither acked nor released will not be: the caller is done. */
  releaseRest(): void {
    for (const item of this.#passed) this.release(item)
    for (let at = this.#first; at < this.#items.length; at++) {
      const item = this.#items[at]
      if (item) this.release(item)
    }
  }

  /** At most `budget` frames, at once marked as told. `pass`: also of what is behind deliveries without an answer. */
  frames(budget: number, pass = false): AckFrame[] {
    const late = this.#lateFrames(budget)
    const together: Tracked[] = []
    const single: Tracked[] = []
    const isFull = (): boolean => {
      const joins = together.length > 0 && !this.#isOneByOne
      return !joins && late.length + single.length + (together.length > 0 ? 1 : 0) >= budget
    }
    for (let item = this.#next(pass); item && !isFull(); item = this.#next(pass)) {
      this.#first++
      if (item.state === ACKED) (this.#isOneByOne ? single : together).push(item)
      else if (item.state === OPEN) this.#passed.add(item)
      else this.#oldestReleased ??= item.receivedAt
      this.#toFrame -= item.state === ACKED ? 1 : 0
    }
    this.#framed.push(...together, ...single)
    this.#cutItems()
    const last = together.at(-1)
    const run = last ? [{tag: last.tag, multiple: true, messages: together.length}] : []
    return [...late, ...run, ...single.map(({tag}) => ({tag, multiple: false, messages: 1}))]
  }

  /** The next that can be dealt with: never an open one behind which nothing waits. */
  #next(pass: boolean): Tracked | undefined {
    const item = this.#items[this.#first]
    return item?.state === OPEN && !(pass && this.#toFrame > 0) ? undefined : item
  }

  get #isOneByOne(): boolean {
    return this.#oldestReleased !== undefined || this.#passed.size > 0
  }

  #lateFrames(budget: number): AckFrame[] {
    const late = this.#late.splice(0, budget)
    this.#toFrame -= late.length
    this.#framed.push(...late)
    return late.map(({tag}) => ({tag, multiple: false, messages: 1}))
  }

  #cutItems(): void {
    if (this.#first < CHUNK) return
    this.#items = this.#items.slice(this.#first)
    this.#first = 0
  }

  /** The first `messages` acks of this epoch are applied. */
  prove(messages: number): void {
    const upTo = Math.min(messages - this.#provedBefore, this.#framed.length)
    for (; this.#proved < upTo; this.#proved++) this.#framed[this.#proved]?.resolve?.('applied')
    if (this.#proved < CHUNK) return
    this.#framed = this.#framed.slice(this.#proved)
    this.#provedBefore += this.#proved
    this.#proved = 0
  }

  /** The broker gave `messages` back: the last of what is not proved, since acks are applied in order. */
  loseLast(messages: number): void {
    const from = Math.max(this.#proved, this.#framed.length - messages)
    for (const item of this.#framed.splice(from)) item.resolve?.('lost')
  }

  /** The epoch is over: whatever is not proved may come back. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.loseLast(this.unproved)
    for (const item of [...this.#late, ...this.#items.slice(this.#first)])
      if (item.state === ACKED) item.resolve?.('lost')
    this.#items = []
    this.#late = []
  }
}
