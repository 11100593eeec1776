import {cpSync, existsSync} from 'node:fs'
import {basename, join} from 'node:path'

import type {Archive} from '../../src/archive/archive.ts'
import type {Ledger, LedgerLane} from '../../src/ledger/ledger.ts'
import type {Delivery, Source} from '../../src/sources/source.ts'
import type {MigratePorts} from '../../src/stages/migrate.ts'
import type {Target} from '../../src/targets/target.ts'

type Call = (...parameters: never[]) => Promise<unknown>

/**
 * Pulls the plug at the n-th call that leaves the process: before the call happens, or after it happened and before
 * its answer is heard. From then on nothing of this process happens any more; what it had on disk is kept as it was
 * at that moment.
 */
export class Plug {
  readonly #at: number
  readonly #after: boolean
  readonly #died = Promise.withResolvers<void>()
  readonly names: string[] = []
  #dead = false
  onDeath: () => void = () => undefined

  /** `at` counts from 0, two steps per call: even = before it, odd = after it. Infinity = never. */
  constructor(at = Number.POSITIVE_INFINITY) {
    this.#at = Math.floor(at / 2)
    this.#after = at % 2 === 1
  }

  get died(): Promise<void> {
    return this.#died.promise
  }

  /** A method: its answer changes while a call is awaited. */
  isDead(): boolean {
    return this.#dead
  }

  wrap<T extends Call>(name: string, call: T): T {
    const wrapped = async (...parameters: Parameters<T>): Promise<unknown> => {
      if (this.isDead()) return never()
      const index = this.names.push(name) - 1
      if (index === this.#at && !this.#after) return this.#die()
      const result = await call(...parameters)
      if (this.isDead()) return never()
      if (index === this.#at && this.#after) return this.#die()
      return result
    }
    return wrapped as unknown as T
  }

  #die(): Promise<never> {
    this.#dead = true
    this.onDeath()
    this.#died.resolve()
    return never()
  }
}

const never = (): Promise<never> => new Promise(() => undefined)

/** Every call of these ports goes through the plug. */
export function plugged(ports: MigratePorts, plug: Plug): MigratePorts {
  return {
    ...ports,
    source: pluggedSource(ports.source, plug),
    target: plug.wrap('open', async (move, resource, signal) =>
      pluggedTarget(await ports.target(move, resource, signal), plug),
    ),
    ...(ports.count && {count: plug.wrap('count', ports.count.bind(ports))}),
    ledger: pluggedLedger(ports.ledger, plug),
    archive: ports.archive && pluggedArchive(ports.archive, plug),
  }
}

function pluggedSource(source: Source, plug: Plug): Source {
  return {
    address: source.address,
    inspect: (signal) => source.inspect(signal),
    depth: plug.wrap('depth', source.depth.bind(source)),
    read(destination, options, signal) {
      const deliveries = source.read?.(destination, options, signal)
      if (!deliveries) throw new Error('nothing to read')
      type Step = Promise<IteratorResult<Delivery>>
      const next = plug.wrap('next', (): Step => deliveries.next())
      const close = plug.wrap(
        'close',
        (): Step => deliveries.return?.() ?? Promise.reject(new Error('no return')),
      )
      return {
        next: async (): Step => {
          const step = await next()
          return step.done ? step : {done: false, value: pluggedDelivery(step.value, plug)}
        },
        return: close,
        [Symbol.asyncIterator]() {
          return this
        },
      }
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

const pluggedDelivery = (delivery: Delivery, plug: Plug): Delivery => ({
  envelope: delivery.envelope,
  ack: plug.wrap('ack', () => delivery.ack()),
  release: () => delivery.release(),
})

const pluggedTarget = (target: Target, plug: Plug): Target => ({
  limits: target.limits,
  encode: (envelope, now) => target.encode(envelope, now),
  send: plug.wrap('send', (batch, signal) => target.send(batch, signal)),
  [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
})

const pluggedArchive = (archive: Archive, plug: Plug): Archive => ({
  folder: archive.folder,
  append: plug.wrap('archive', (messages) => archive.append(messages)),
  [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
})

function pluggedLedger(ledger: Ledger, plug: Plug): Ledger {
  return new Proxy(ledger, {
    get(real, name) {
      if (name !== 'lane') return bound(real, name)
      const open = plug.wrap('lane', real.lane.bind(real))
      return async (...parameters: Parameters<Ledger['lane']>) => pluggedLane(await open(...parameters), plug)
    },
  })
}

const LEAVES = new Set<PropertyKey>(['claim', 'record', 'interrupted', 'drained', 'end'])

const pluggedLane = (lane: LedgerLane, plug: Plug): LedgerLane =>
  new Proxy(lane, {
    get(real, name) {
      const value = bound(real, name)
      return LEAVES.has(name) ? plug.wrap(String(name), value as Call) : value
    },
  })

/** Private fields want the real `this`. */
function bound(real: object, name: PropertyKey): unknown {
  const value: unknown = Reflect.get(real, name, real)
  return typeof value === 'function' ? (value.bind(real) as unknown) : value
}

/** What a killed process leaves on disk: everything written so far, locks excepted. */
export function copyWorkspace(from: string, to: string): void {
  const skip = new Set(['ledger.lock', 'ledger.lock-journal', 'ledger.db-shm', 'ledger.reserve'])
  if (existsSync(from)) cpSync(from, to, {recursive: true, filter: (path) => !skip.has(basename(path))})
}

export const ledgerIn = (folder: string): string => join(folder, 'ledger.db')
