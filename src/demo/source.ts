import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import type {Envelope} from '../model/envelope.ts'
import type {ObservedFacts} from '../model/facts.ts'
import {parseId} from '../model/id.ts'
import type {Observation} from '../model/inventory.ts'
import {openSource} from '../sources/index.ts'
import type {Delivery, Depth, ReadOptions, Source} from '../sources/source.ts'
import {Acknowledged, ACKNOWLEDGED_FILE} from './acknowledged.ts'
import {PUBLISH_RATES} from './activity.ts'
import estate from './estate.json' with {type: 'json'}
import {type Backlog, BACKLOGS} from './messages.ts'
import {type Attempts, read} from './reading.ts'

/** The export that the demo inspects; anybody can `mqlift assess` it again. */
export const ESTATE_FILE = 'definitions.json'
const OBSERVED = new Set(['GET /api/queues', 'GET /api/consumers'])

/**
 * A broker that exists only as an export and made-up messages. It keeps the promises of a real one: a message stays
 * until it is acknowledged, is gone then, and comes back when it was given back; also in the next run.
 */
export class DemoSource implements Source {
  readonly address = 'demo://shop'
  readonly #dir: string
  readonly #gone: Acknowledged
  readonly #attempts = new Map<string, Attempts>()

  private constructor(dir: string, gone: Acknowledged) {
    this.#dir = dir
    this.#gone = gone
  }

  /** Keeps its state in `dir`, which is made. */
  static async open(dir: string): Promise<DemoSource> {
    await mkdir(dir, {recursive: true, mode: 0o700})
    await writeFile(join(dir, ESTATE_FILE), `${JSON.stringify(estate, null, 2)}\n`, {mode: 0o600})
    return new DemoSource(dir, await Acknowledged.open(join(dir, ACKNOWLEDGED_FILE)))
  }

  /** Messages that nobody has acknowledged, over all queues. */
  get waiting(): number {
    return BACKLOGS.reduce((sum, backlog) => sum + this.#ready(backlog), 0)
  }

  /** Every message that was acknowledged, as it was delivered: what must be at the target now. */
  *acknowledged(): Iterable<Envelope> {
    for (const backlog of BACKLOGS) {
      for (let index = 0; index < backlog.messages; index++) {
        if (this.#gone.has(backlog.id, index)) yield backlog.at(index)
      }
    }
  }

  async inspect(signal: AbortSignal): ReturnType<Source['inspect']> {
    await using definitions = await openSource([join(this.#dir, ESTATE_FILE)], {
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:demo',
    })
    const {inventory} = await definitions.inspect(signal)
    // The export knows no numbers; the demo broker does.
    const notRead = inventory.notRead.filter(({endpoint}) => !OBSERVED.has(endpoint))
    const broker = {...inventory.broker, address: this.address}
    return {inventory: {...inventory, broker, notRead}, observations: [this.#observe()]}
  }

  async depth(destination: string): Promise<Depth | null> {
    const backlog = BACKLOGS.find(({id}) => id === destination)
    if (backlog === undefined) return null
    return {
      ready: this.#ready(backlog),
      unacked: 0,
      consumers: 0,
      counters: {acked: this.#gone.count(destination), deliveredWithoutAck: 0},
    }
  }

  read(destination: string, options: ReadOptions, signal: AbortSignal): AsyncIterableIterator<Delivery> {
    const backlog = BACKLOGS.find(({id}) => id === destination) ?? empty(destination)
    const attempts = this.#attempts.get(destination) ?? new Map<number, number>()
    this.#attempts.set(destination, attempts)
    return read({backlog, gone: this.#gone, attempts, options, signal})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Every acknowledgement was written when it was given.
  }

  #ready({id, messages}: Backlog): number {
    return messages - this.#gone.count(id)
  }

  #observe(): Observation {
    const entries = BACKLOGS.map((backlog) => [backlog.id, this.#facts(backlog)] as const)
    return {at: new Date().toISOString(), destinations: Object.fromEntries(entries)}
  }

  #facts(backlog: Backlog): ObservedFacts {
    const ready = this.#ready(backlog)
    return {
      messages: said(ready),
      ready: said(ready),
      unacked: said(0),
      bytes: said(this.#bytes(backlog)),
      consumers: said(0),
      autoAckConsumers: said(0),
      exclusiveConsumer: said(false),
      publishRate: said(PUBLISH_RATES[parseId(backlog.id).name] ?? 0),
      ackCount: said(this.#gone.count(backlog.id)),
    }
  }

  #bytes(backlog: Backlog): number {
    let bytes = 0
    for (let index = 0; index < backlog.messages; index++) {
      if (!this.#gone.has(backlog.id, index)) bytes += backlog.at(index).body.length
    }
    return bytes
  }
}

const said = <T>(value: T): {value: T; evidence: string} => ({value, evidence: 'demo broker'})

const empty = (id: string): Backlog => ({
  id,
  messages: 0,
  at: () => {
    throw new RangeError(`${id} is empty`)
  },
})
