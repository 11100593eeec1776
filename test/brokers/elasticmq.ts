import {mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {installElasticmq} from './install.ts'
import {freePorts, isAlive, LAB, startService, stopGroup, tail, until} from './lab.ts'
import {registerForSweep} from './registry.ts'

/** Versions of the server that could be resolved: 1.6.16, 1.6.11, 1.5.7 (read 2026-11-24). */
const VERSION = '1.6.16'

export interface ElasticmqRecord {
  readonly group: number
  readonly port: number
  readonly directory: string
}

/** SQS only, with the limits of AWS. Any credentials and Region are accepted; the account is 000000000000. */
export interface Elasticmq extends AsyncDisposable {
  readonly record: ElasticmqRecord
  readonly endpoint: string
  readonly region: string
  stop(): Promise<void>
}

export async function startElasticmq(): Promise<Elasticmq> {
  const jars = await installElasticmq(VERSION)
  const port = await freePorts(2)
  const directory = join(LAB, 'run', `elasticmq-${port}`)
  mkdirSync(directory, {recursive: true})
  writeFileSync(join(directory, 'elasticmq.conf'), configuration(port))
  const log = join(directory, 'elasticmq.log')
  const group = startService({
    file: '/usr/bin/java',
    args: ['-Xmx256m', '-Dconfig.file=elasticmq.conf', '-cp', `${jars}/*`, 'org.elasticmq.server.Main'],
    env: {PATH: '/usr/bin:/bin', LANG: 'C.UTF-8'},
    cwd: directory,
    log,
  })
  const record = {group, port, directory}
  registerForSweep({kind: 'elasticmq', record})
  const ready = await until(async () => {
    if (!isAlive(group)) throw new Error(`ElasticMQ ended while starting:\n${tail(log)}`)
    return fetch(`http://127.0.0.1:${port}/?Action=ListQueues`).then(
      (response) => response.ok,
      () => false,
    )
  }, 60_000)
  if (ready) return attachElasticmq(record)
  await stopGroup(group, 1000)
  throw new Error(`ElasticMQ was not ready after 60 s:\n${tail(log)}`)
}

function configuration(port: number): string {
  return `include classpath("application.conf")
node-address { protocol = http, host = localhost, port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false, bind-port = ${port + 1}, bind-hostname = "127.0.0.1" }
generate-node-address = false
aws { region = us-east-1, accountId = 000000000000 }
`
}

export function attachElasticmq(record: ElasticmqRecord): Elasticmq {
  const stop = () => stopGroup(record.group, 5000)
  return {
    record,
    endpoint: `http://127.0.0.1:${record.port}`,
    region: 'us-east-1',
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(record.directory, {recursive: true, force: true})
    },
  }
}
