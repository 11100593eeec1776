import type {Resource} from '../../src/model/deployment.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import type {Count, Encoded, Entry, Receipt, Target} from '../../src/targets/target.ts'

export interface Stored {
  readonly envelope: Envelope
  readonly group: string | undefined
  readonly dedupId: string | undefined
}

/** What becomes of one message of one request. */
export type Fate =
  | 'accept'
  | 'refuse'
  | 'retryable'
  | 'throttle'
  /** Stored, and the answer lost. */
  | 'lost-response'
  /** Not stored, and the answer lost. */
  | 'lost-request'

export interface TargetOptions {
  readonly fifo?: boolean
  readonly order?: 'strict' | 'none'
  readonly group?: (envelope: Envelope) => string
  readonly fate?: (attempt: {
    readonly envelope: Envelope
    readonly entry: Entry
    readonly call: number
  }) => Fate
  /** Thrown instead of answering. */
  readonly throws?: (call: number) => Error | undefined
  readonly refuses?: (envelope: Envelope) => string | undefined
  readonly losses?: (envelope: Envelope) => Encoded['losses']
  readonly latencyMs?: number
  readonly batchSize?: number
}

const MAX_BYTES = 1_048_576

/** Queues in memory. They outlive their writers. A FIFO queue swallows a deduplication id it has seen. */
export class MemoryTargets {
  readonly queues = new Map<string, Stored[]>()
  readonly #seen = new Map<string, Set<string>>()
  calls = 0
  inFlight = 0
  mostInFlight = 0
  readonly #groupsInFlight = new Map<string, number>()

  stored(address: string): Stored[] {
    const known = this.queues.get(address)
    if (known) return known
    const queue: Stored[] = []
    this.queues.set(address, queue)
    return queue
  }

  count = ({address}: Resource): Promise<Count> =>
    Promise.resolve({visible: this.stored(address).length, inFlight: 0, delayed: 0, approximate: false})

  /** The five-minute window is over. */
  forgetDedup(): void {
    this.#seen.clear()
  }

  open(address: string, options: TargetOptions = {}): Target {
    const limits = {batchSize: options.batchSize ?? 10, batchBytes: MAX_BYTES}
    return {
      limits,
      encode: (envelope) => encode(envelope, options),
      send: (batch, signal) => this.#send(address, batch, {...options, limits}, signal),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  async #send(
    address: string,
    batch: ReadonlyMap<Entry, Encoded>,
    options: TargetOptions & Pick<Target, 'limits'>,
    signal: AbortSignal,
  ): Promise<Receipt[]> {
    const call = ++this.calls
    if (batch.size === 0 || batch.size > options.limits.batchSize) throw new Error(`a batch of ${batch.size}`)
    const error = options.throws?.(call)
    if (error) throw error
    this.#enter(batch, options)
    try {
      if (options.latencyMs !== undefined) await new Promise((done) => setTimeout(done, options.latencyMs))
      else await Promise.resolve()
      if (signal.aborted) throw new Error('cut off')
      return Array.from(batch, ([entry, encoded]) => this.#one(address, entry, encoded, {options, call}))
    } finally {
      this.#leave(batch)
    }
  }

  #one(
    address: string,
    entry: Entry,
    encoded: Encoded,
    {options, call}: {options: TargetOptions; call: number},
  ): Receipt {
    const envelope = encoded.wire as Envelope
    const fate = options.fate?.({envelope, entry, call}) ?? 'accept'
    if (fate === 'accept' || fate === 'lost-response') this.#store(address, entry, encoded, options)
    return receiptOf(fate, entry)
  }

  #store(address: string, {dedupId}: Entry, encoded: Encoded, options: TargetOptions): void {
    if (options.fifo) {
      if (dedupId === undefined) throw new Error('FIFO without a deduplication id')
      const seen = this.#seen.get(address) ?? new Set()
      this.#seen.set(address, seen)
      if (seen.has(dedupId)) return
      seen.add(dedupId)
    }
    this.stored(address).push({envelope: encoded.wire as Envelope, group: encoded.group, dedupId})
  }

  #enter(batch: ReadonlyMap<Entry, Encoded>, {order}: TargetOptions): void {
    this.inFlight++
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
    for (const {group} of batch.values()) {
      if (order !== 'strict' || group === undefined) continue
      const now = (this.#groupsInFlight.get(group) ?? 0) + 1
      if (now > 1) throw new Error(`two unresolved messages of group ${group}`)
      this.#groupsInFlight.set(group, now)
    }
  }

  #leave(batch: ReadonlyMap<Entry, Encoded>): void {
    this.inFlight--
    for (const {group} of batch.values()) if (group !== undefined) this.#groupsInFlight.delete(group)
  }
}

function receiptOf(fate: Fate, entry: Entry): Receipt {
  const refused = {entry, unknownAttempts: 0, outcome: 'refused'} as const
  const receipts: Record<Fate, Receipt> = {
    accept: {entry, unknownAttempts: 0, outcome: 'accepted', targetId: `m${entry.seq}`, md5: 'service'},
    refuse: {...refused, retryable: false, reason: 'not acceptable'},
    retryable: {...refused, retryable: true, reason: 'try again'},
    throttle: {...refused, retryable: true, throttled: true, reason: 'throttled'},
    'lost-response': {entry, unknownAttempts: 1, outcome: 'unknown', reason: 'no answer'},
    'lost-request': {entry, unknownAttempts: 1, outcome: 'unknown', reason: 'no answer'},
  }
  return receipts[fate]
}

function encode(envelope: Envelope, options: TargetOptions): Encoded {
  const large = envelope.body.byteLength + 100 > MAX_BYTES
  const refused = options.refuses?.(envelope) ?? (large ? 'too large' : undefined)
  const group = options.fifo ? (options.group?.(envelope) ?? 'all') : undefined
  return {
    wire: envelope,
    bytes: envelope.body.byteLength + 100,
    changes: [],
    losses: options.losses?.(envelope) ?? [],
    ...(group !== undefined && {group}),
    ...(refused !== undefined && {refused}),
  }
}
