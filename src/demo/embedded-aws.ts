/** SQS and SNS inside this process, over HTTP on the loopback interface. Forgets everything when it is disposed. */
export interface EmbeddedAws extends AsyncDisposable {
  readonly endpoint: string
  readonly region: string
  /** What the SDK's credential chain finds: the embedded services check nobody. */
  readonly env: Readonly<Record<string, string>>
}

const REGION = 'eu-central-1'

export async function startEmbeddedAws(): Promise<EmbeddedAws> {
  const {buildApp} = await import('fauxqs')
  // `startFauxqs` would listen on every interface; the host is for the queue addresses it hands out.
  const app = buildApp({logger: false, host: 'localhost', defaultRegion: REGION})
  const endpoint = await app.listen({port: 0, host: '127.0.0.1'})
  return {
    endpoint,
    region: REGION,
    env: {AWS_ACCESS_KEY_ID: 'demo', AWS_SECRET_ACCESS_KEY: 'demo', NO_PROXY: '127.0.0.1,localhost'},
    async [Symbol.asyncDispose]() {
      await app.close()
    },
  }
}
