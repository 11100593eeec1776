import {readFileSync} from 'node:fs'
import {connect, type Socket} from 'node:net'
import {createServer, type Server, type TLSSocket} from 'node:tls'

/** A certificate of fixtures/tls: `good`, `expired`, `wrong-name` … */
const certificate = (name: string) => ({
  key: readFileSync(new URL(`../../fixtures/tls/${name}.key`, import.meta.url)),
  cert: readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url)),
})

/** Speaks TLS in front of a real broker, with a certificate that can be changed while it runs. */
export class TlsFront implements AsyncDisposable {
  readonly #server: Server
  readonly #open = new Set<Socket | TLSSocket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(port: number, name: string): Promise<TlsFront> {
    const server = createServer(certificate(name))
    const front = new TlsFront(server)
    server.on('secureConnection', (client) => front.#join(client, connect(port, '127.0.0.1')))
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return front
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** Of new connections; those that are open go on. */
  present(name: string): void {
    this.#server.setSecureContext(certificate(name))
  }

  reset(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #join(client: TLSSocket, server: Socket): void {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}
