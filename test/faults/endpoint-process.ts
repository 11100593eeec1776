import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

import {freePorts} from '../brokers/lab.ts'

export interface Endpoint extends AsyncDisposable {
  readonly url: string
}

/** endpoint.ts in a process of its own: killing the mover leaves the target alone. */
export async function startEndpoint(): Promise<Endpoint> {
  const port = await freePorts(1)
  const script = fileURLToPath(new URL('endpoint.ts', import.meta.url))
  const child = spawn(process.execPath, [script, String(port)], {stdio: ['ignore', 'pipe', 'inherit']})
  const ended = new Promise((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', () => resolve())
    ended.then(
      () => reject(new Error('the endpoint ended while starting')),
      () => undefined,
    )
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
