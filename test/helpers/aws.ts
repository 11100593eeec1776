import {onTestFinished} from 'vitest'

export interface TestAws {
  readonly endpoint: string
  /** For runCommand and the binary: where AWS is, and who we are. */
  readonly env: Record<string, string>
}

/** SQS and SNS of the embedded emulator, on a free loopback port, for one test. */
export async function startAws(): Promise<TestAws> {
  const {buildApp} = await import('fauxqs')
  const app = buildApp({logger: false, host: 'localhost', defaultRegion: 'eu-central-1'})
  const endpoint = await app.listen({port: 0, host: '127.0.0.1'})
  onTestFinished(async () => {
    await app.close()
  })
  return {
    endpoint,
    env: {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: endpoint,
      NO_PROXY: '127.0.0.1,localhost',
    },
  }
}
