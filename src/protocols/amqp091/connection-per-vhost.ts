import type {AmqpConnection} from './connection.ts'

type Connect = (vhost: string, signal: AbortSignal) => Promise<AmqpConnection>

/** One connection per virtual host for whoever asks now and then; opened again after it was lost. */
export class ConnectionPerVhost implements AsyncDisposable {
  readonly #connect: Connect
  readonly #connections = new Map<string, Promise<AmqpConnection>>()

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** Remembered before it is open: two lanes may ask at once, and the second waits for the first. */
  get(vhost: string, signal: AbortSignal): Promise<AmqpConnection> {
    const opening = this.#usable(vhost, this.#connections.get(vhost), signal)
    this.#connections.set(vhost, opening)
    return opening
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connections = await Promise.allSettled(this.#connections.values())
    const opened = connections.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    await Promise.all(opened.map((connection) => connection[Symbol.asyncDispose]()))
  }

  /** What the one before failed with says nothing about this one: it may have been told to stop. */
  async #usable(
    vhost: string,
    before: Promise<AmqpConnection> | undefined,
    signal: AbortSignal,
  ): Promise<AmqpConnection> {
    const known = await before?.catch(() => undefined)
    return known?.isOpen ? known : this.#connect(vhost, signal)
  }
}
