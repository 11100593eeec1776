import {buildApp} from 'fauxqs'

export interface Fauxqs extends AsyncDisposable {
  readonly endpoint: string
  readonly region: string
}

/** SQS and SNS in this process, on a free loopback port (fauxqs' own starter listens on every interface). */
export async function startFauxqs(): Promise<Fauxqs> {
  const app = buildApp({logger: false, host: 'localhost', defaultRegion: 'us-east-1'})
  const endpoint = await app.listen({port: 0, host: '127.0.0.1'})
  return {
    endpoint,
    region: 'us-east-1',
    async [Symbol.asyncDispose]() {
      // Keep-alive sockets of our own clients would hold the server open.
      app.server.closeAllConnections()
      await app.close()
    },
  }
}
