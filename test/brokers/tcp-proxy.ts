import {connect, createServer, type Server, type Socket} from 'node:net'

type Direction = 'up' | 'down'

interface Pair {
  readonly client: Socket
  readonly server: Socket
  readonly passed: Record<Direction, number>
}

/**
 * A TCP proxy that misbehaves on demand, between a client and a real server on loopback. Up = client to server,
 * down = server to client. What is asked of it holds for the connections open now and for later ones, except
 * `reset`, which is done once.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  readonly #dropped: Record<Direction, boolean> = {up: false, down: false}
  readonly #cut: Record<Direction, number> = {up: Infinity, down: Infinity}
  #held = false
  #refusing = false

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(port: number, host = '127.0.0.1'): Promise<TcpProxy> {
    const server = createServer()
    const proxy = new TcpProxy(server)
    server.on('connection', (client) => proxy.#join(client, connect(port, host)))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** Resets every open connection, both sides (RST). */
  reset(): void {
    for (const {client, server} of this.#pairs) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
  }

  /** Passes nothing on, loses nothing: the peer looks frozen. */
  hold(): void {
    this.#held = true
    for (const {client, server} of this.#pairs) {
      client.pause()
      server.pause()
    }
  }

  release(): void {
    this.#held = false
    for (const {client, server} of this.#pairs) {
      client.resume()
      server.resume()
    }
  }

  /** From now on bytes in this direction vanish, while the sender's socket takes them. */
  drop(direction: Direction): void {
    this.#dropped[direction] = true
  }

  pass(): void {
    this.#dropped.up = false
    this.#dropped.down = false
    this.#cut.up = Infinity
    this.#cut.down = Infinity
  }

  /** Resets a connection once `bytes` more bytes have passed in this direction. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#cut[direction] = bytes
    for (const pair of this.#pairs) pair.passed[direction] = 0
  }

  /** New connections are reset at once, until told otherwise. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing
  }

  #join(client: Socket, server: Socket): void {
    const pair: Pair = {client, server, passed: {up: 0, down: 0}}
    client.setNoDelay(true)
    server.setNoDelay(true)
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
    client.on('close', () => this.#leave(pair))
    server.on('close', () => this.#leave(pair))
    if (this.#refusing) {
      client.resetAndDestroy()
      return
    }
    this.#pairs.add(pair)
    this.#pipe(pair, 'up')
    this.#pipe(pair, 'down')
    if (this.#held) this.hold()
  }

  #pipe(pair: Pair, direction: Direction): void {
    const [from, to] = direction === 'up' ? [pair.client, pair.server] : [pair.server, pair.client]
    from.on('data', (chunk: Buffer) => {
      if (this.#dropped[direction]) return
      const left = this.#cut[direction] - pair.passed[direction]
      pair.passed[direction] += chunk.length
      const free = to.write(chunk.length > left ? chunk.subarray(0, left) : chunk)
      if (chunk.length >= left) {
        // Let what may pass leave first, then cut.
        to.end()
        from.resetAndDestroy()
      } else if (!free) {
        from.pause()
        to.once('drain', () => {
          if (!this.#held) from.resume()
        })
      }
    })
    from.on('end', () => to.end())
  }

  #leave(pair: Pair): void {
    pair.client.destroy()
    pair.server.destroy()
    this.#pairs.delete(pair)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}
