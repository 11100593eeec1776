import type {Envelope} from '../../src/model/envelope.ts'
import {sentinelContent, sentinelId, sentinelOf} from '../../src/model/sentinel.ts'
import type {Delivery, Depth, ReadOptions, Source, SourceEvent} from '../../src/sources/source.ts'

interface Message {
  readonly position: number
  readonly envelope: Envelope
  redelivered: boolean
  count: number
}

interface Connection {
  readonly epoch: number
  readonly unacked: Map<number, Message>
  readonly pending: {message: Message; resolve: (state: 'applied' | 'lost') => void}[]
  bytes: number
}

export interface QueueOptions {
  /** Deliveries after which a message is deleted, as a quorum queue without a dead-letter exchange does. */
  readonly deliveryLimit?: number
  /** Acks are applied only when the reader is closed, and this many of the last are lost then (quorum queues). */
  readonly ackAtClose?: {readonly lost: number}
  readonly consumers?: number
  readonly counters?: boolean
}

/** One queue as RabbitMQ keeps it: order by position, requeue in place, at-least-once. It outlives its readers. */
export class MemoryQueue {
  readonly options: QueueOptions
  /** What came back, in order: it stands before everything that was never delivered. */
  #returned: Message[] = []
  #fresh: Message[] = []
  #head = 0
  #position = 0
  acked = 0
  /** Deleted by the delivery limit. */
  readonly dropped: Envelope[] = []
  /** Everything that was ever handed out, in order. */
  readonly delivered: Envelope[] = []
  connection: Connection | undefined
  #wake = Promise.withResolvers<void>()
  onEvent: ((event: SourceEvent) => void) | undefined
  /** The reader that holds the connection: another one, of a dead process, gets nothing any more. */
  #reader: symbol | undefined
  #epoch = 0

  constructor(options: QueueOptions = {}) {
    this.options = options
  }

  get ready(): number {
    return this.#returned.length + this.#fresh.length - this.#head
  }

  get unacked(): number {
    return this.connection?.unacked.size ?? 0
  }

  publish(envelope: Envelope): void {
    this.#fresh.push({position: this.#position++, envelope, redelivered: false, count: 0})
    this.wake()
  }

  /** Somebody removed messages behind the mover's back: no counter shows it. */
  purge(count = Number.POSITIVE_INFINITY): number {
    let removed = 0
    while (removed < count && this.#shift()) removed++
    return removed
  }

  #shift(): Message | undefined {
    if (this.#returned.length > 0) return this.#returned.shift()
    if (this.#head === this.#fresh.length) return undefined
    return this.#fresh[this.#head++]
  }

  isReadBy(reader: symbol): boolean {
    return this.#reader === reader
  }

  connect(reader = this.#reader): Connection {
    this.#reader = reader
    this.connection = {epoch: ++this.#epoch, unacked: new Map(), pending: [], bytes: 0}
    return this.connection
  }

  next(): Message | undefined {
    const first = this.connection && this.#shift()
    if (!first || !this.connection) return undefined
    this.connection.unacked.set(first.position, first)
    this.connection.bytes += first.envelope.body.byteLength
    this.delivered.push(first.envelope)
    return first
  }

  ack(connection: Connection, message: Message): Promise<'applied' | 'lost'> {
    if (connection !== this.connection) return Promise.resolve('lost')
    if (this.options.ackAtClose) {
      return new Promise((resolve) => connection.pending.push({message, resolve}))
    }
    this.apply(connection, message)
    return Promise.resolve('applied')
  }

  apply(connection: Connection, message: Message): void {
    if (!connection.unacked.delete(message.position)) throw new Error(`acked twice: ${message.position}`)
    connection.bytes -= message.envelope.body.byteLength
    this.acked++
    this.wake()
  }

  /** The reader closes in good order. */
  close(): void {
    const connection = this.connection
    if (!connection) return
    const lost = this.options.ackAtClose?.lost ?? 0
    const applied = connection.pending.length - lost
    for (const [index, {message, resolve}] of connection.pending.entries()) {
      if (index >= applied) resolve('lost')
      else {
        this.apply(connection, message)
        resolve('applied')
      }
    }
    this.disconnect()
  }

  /** The connection is gone, for whatever reason: everything unacked returns to its position. */
  disconnect(): void {
    const connection = this.connection
    this.connection = undefined
    if (!connection) return
    for (const message of connection.unacked.values()) {
      message.redelivered = true
      message.count++
      const {deliveryLimit} = this.options
      if (deliveryLimit !== undefined && message.count > deliveryLimit) this.dropped.push(message.envelope)
      else this.#returned.push(message)
    }
    this.#returned.sort((a, b) => a.position - b.position)
    this.wake()
  }

  readerDied(): void {
    this.#reader = undefined
    this.disconnect()
  }

  /** A cut while a reader is on: it reconnects at once, and old acks are void. */
  cut(reason = 'connection reset'): void {
    const lost = this.connection?.pending ?? []
    this.disconnect()
    const {epoch} = this.connect()
    this.onEvent?.({type: 'interrupted', reason, epoch})
    for (const {resolve} of lost) resolve('lost')
    this.onEvent?.({type: 'reconnected', epoch})
    this.wake()
  }

  changed(): Promise<void> {
    return this.#wake.promise
  }

  wake(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }
}

/** A broker in memory: honest, at least once, and with a plug to pull. */
export class MemoryBroker {
  readonly queues = new Map<string, MemoryQueue>()

  queue(id: string, options?: QueueOptions): MemoryQueue {
    const known = this.queues.get(id)
    if (known) return known
    const queue = new MemoryQueue(options)
    this.queues.set(id, queue)
    return queue
  }

  /** The process that reads is gone. */
  disconnectAll(): void {
    for (const queue of this.queues.values()) queue.readerDied()
  }

  source(): Source {
    return {
      address: 'memory://broker',
      inspect: () => Promise.reject(new Error('not inspected here')),
      depth: (id) => Promise.resolve(this.#depth(id)),
      read: (id, options, signal) => read(this.queue(id), {...options, id}, signal),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  #depth(id: string): Depth | null {
    const queue = this.queues.get(id)
    if (!queue) return null
    return {
      ready: queue.ready,
      unacked: queue.unacked,
      consumers: queue.options.consumers ?? 0,
      counters: queue.options.counters === false ? null : {acked: queue.acked, deliveredWithoutAck: 0},
    }
  }
}

let sentinels = 0

async function putSentinel(queue: MemoryQueue, options: NamedOptions): Promise<string> {
  const sentinel = sentinelId('memory', ++sentinels)
  await options.onSentinel?.(sentinel)
  const body = new Uint8Array()
  queue.publish({
    v: 1,
    source: {id: options.id},
    ...sentinelContent(sentinel),
    body,
    delivery: {redelivered: false},
  })
  return sentinel
}

interface NamedOptions extends ReadOptions {
  readonly id: string
}

function read(
  queue: MemoryQueue,
  options: NamedOptions,
  signal: AbortSignal,
): AsyncIterableIterator<Delivery> {
  let left = options.until === 'mark' ? queue.ready : Number.POSITIVE_INFINITY
  let ours: Promise<string> | undefined
  const me = Symbol('reader')
  queue.connect(me)
  queue.onEvent = (event) => options.onEvent?.(event)
  const aborted = (): void => queue.wake()
  signal.addEventListener('abort', aborted)
  options.end?.addEventListener('abort', aborted)
  const full = (): boolean => {
    const {unacked, bytes} = queue.connection ?? {unacked: new Map(), bytes: 0}
    return unacked.size > 0 && (unacked.size >= options.window.messages || bytes >= options.window.bytes)
  }
  const over = (): boolean =>
    left <= 0 || (options.until === 'empty' && queue.ready === 0) || options.end?.aborted === true
  const takeOut = async (id: string, delivery: Delivery): Promise<void> => {
    if ((await delivery.ack()) === 'applied') options.onEvent?.({type: 'sentinel', id})
    if (id === (await ours)) left = 0
  }
  return {
    async next() {
      if (options.until === 'sentinel') await (ours ??= putSentinel(queue, options))
      for (;;) {
        if (signal.aborted || !queue.isReadBy(me) || over()) return {done: true, value: undefined}
        const message = full() ? undefined : queue.next()
        if (!message) {
          await queue.changed()
          continue
        }
        left--
        const value = deliveryOf(queue, message)
        const sentinel = sentinelOf(message.envelope, message.envelope.body)
        if (sentinel === undefined) return {done: false, value}
        await takeOut(sentinel, value)
      }
    },
    return() {
      signal.removeEventListener('abort', aborted)
      if (queue.isReadBy(me)) queue.close()
      return Promise.resolve({done: true, value: undefined})
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function deliveryOf(queue: MemoryQueue, message: Message): Delivery {
  const {connection} = queue
  if (!connection) throw new Error('delivered without a connection')
  const {redelivered, count} = message
  return {
    envelope: {...message.envelope, delivery: {redelivered, ...(count > 0 && {count})}},
    ack: () => queue.ack(connection, message),
    release: () => undefined,
  }
}
