import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import {freePorts, LAB} from '../brokers/lab.ts'

export interface NullEndpoint extends AsyncDisposable {
  readonly url: string
  /** Sets the counters to zero. `latency` in ms; `rate` in requests a second, 0 = all pass. */
  reset(service: {readonly latency: number; readonly rate: number}): Promise<void>
  /** Messages accepted since the last reset. */
  stats(): Promise<{readonly messages: number}>
}

/** SQS as fast as a loopback socket allows: counts and hashes, keeps nothing. Needs Go. */
export async function startNullEndpoint(): Promise<NullEndpoint> {
  mkdirSync(LAB, {recursive: true})
  const binary = join(LAB, 'null-endpoint')
  execFileSync('go', ['build', '-buildvcs=false', '-o', binary, '.'], {
    cwd: join(import.meta.dirname, 'null-endpoint'),
    stdio: 'inherit',
  })
  const address = `127.0.0.1:${await freePorts(1)}`
  const child = spawn(binary, ['-addr', address], {stdio: 'inherit', env: {...process.env, GOGC: '400'}})
  await sleep(500)
  const url = `http://${address}`
  return {
    url,
    async reset({latency, rate}) {
      await fetch(`${url}/_reset?latency=${latency}ms&rate=${rate}`)
    },
    async stats() {
      return (await (await fetch(`${url}/_stats`)).json()) as {messages: number}
    },
    [Symbol.asyncDispose]() {
      child.kill()
      return Promise.resolve()
    },
  }
}
