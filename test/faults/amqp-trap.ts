import {connect, createServer, type Server, type Socket} from 'node:net'

const FRAME_METHOD = 1
const HEADER_BYTES = 7
/** Class and method ids, as in the specification. */
export const BASIC_DELIVER = (60 << 16) | 60
export const BASIC_ACK = (60 << 16) | 80

type Direction = 'up' | 'down'

/**
 * Between a client and a broker: the first frame of one method, and everything after it in that direction, is kept
 * until `release`, or for ever. Up = client to broker.
 */
export class AmqpTrap implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #caught = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<void>()
  readonly #method: number
  readonly #direction: Direction

  private constructor(server: Server, method: number, direction: Direction) {
    this.#server = server
    this.#method = method
    this.#direction = direction
  }

  static async catching(method: number, direction: Direction, port: number): Promise<AmqpTrap> {
    const server = createServer()
    const trap = new AmqpTrap(server, method, direction)
    server.on('connection', (client) => trap.#join(client, connect(port, '127.0.0.1')))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return trap
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** Resolves when the frame is here. */
  get caught(): Promise<void> {
    return this.#caught.promise
  }

  /** What was kept goes on, and nothing is kept any more. */
  release(): void {
    this.#opened.resolve()
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to, direction] of [
      [client, server, 'up'],
      [server, client, 'down'],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      // Read on while something is kept: the end of a peer must be seen.
      from.on('data', direction === this.#direction ? this.#watching(to) : (chunk) => void to.write(chunk))
    }
  }

  #watching(to: Socket): (chunk: Buffer) => void {
    let kept: Buffer = Buffer.alloc(0)
    let state: 'watching' | 'keeping' | 'open' = 'watching'
    const pass = (bytes: number): void => {
      to.write(kept.subarray(0, bytes))
      kept = kept.subarray(bytes)
    }
    const open = async (): Promise<void> => {
      await this.#opened.promise
      state = 'open'
      pass(kept.length)
    }
    void open()
    return (chunk) => {
      kept = Buffer.concat([kept, chunk])
      if (state === 'watching') pass(this.#before(kept))
      if (state === 'open') pass(kept.length)
      else if (this.#isAtStart(kept)) {
        state = 'keeping'
        this.#caught.resolve()
      }
    }
  }

  /** How many bytes come before the frame that is waited for; an unfinished frame waits for its rest. */
  #before(bytes: Buffer): number {
    // The protocol header is not a frame.
    let at = bytes.toString('latin1', 0, 4) === 'AMQP' ? 8 : 0
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 3) + 1
      if (end > bytes.length || this.#isAtStart(bytes.subarray(at))) break
      at = end
    }
    return Math.min(at, bytes.length)
  }

  #isAtStart(bytes: Buffer): boolean {
    return (
      bytes.length >= HEADER_BYTES + 4 &&
      bytes.readUInt8(0) === FRAME_METHOD &&
      bytes.readUInt32BE(HEADER_BYTES) === this.#method
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
