import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {basename, join} from 'node:path'

import type {ActivemqRecord} from './activemq.ts'
import type {ElasticmqRecord} from './elasticmq.ts'
import {isAlive, LAB} from './lab.ts'
import type {RabbitmqRecord} from './rabbitmq.ts'

export type BrokerRecord =
  | {readonly kind: 'rabbitmq'; readonly record: RabbitmqRecord}
  | {readonly kind: 'elasticmq'; readonly record: ElasticmqRecord}
  | {readonly kind: 'activemq'; readonly record: ActivemqRecord}

const VARIABLE = 'MQLIFT_BROKERS_RUN'
const PREFIX = 'shared-'

/** The folder in which a test run notes its brokers. Workers inherit it through the environment. */
export function createRegistry(): string {
  mkdirSync(LAB, {recursive: true})
  const directory = mkdtempSync(join(LAB, PREFIX))
  writeFileSync(join(directory, 'pid'), String(process.pid))
  process.env[VARIABLE] = directory
  return directory
}

/** A test that times out never disposes its broker: the run does, when it ends (global-setup.ts). */
export function registerForSweep(broker: BrokerRecord): void {
  const directory = process.env[VARIABLE]
  if (directory === undefined || !existsSync(directory)) return
  writeFileSync(join(directory, `started-${basename(placeOf(broker))}.json`), JSON.stringify(broker))
}

/** Each broker once: a shared one is noted by whoever shares it as well, a restarted one has another group. */
export function registered(directory: string): BrokerRecord[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'))
  const brokers = files.map((name): BrokerRecord => JSON.parse(readFileSync(join(directory, name), 'utf8')))
  return [...new Map(brokers.map((broker) => [placeOf(broker), broker])).values()]
}

const placeOf = (broker: BrokerRecord): string =>
  broker.kind === 'rabbitmq' ? broker.record.outside : broker.record.directory

/** Registries of runs that were killed before they could clean up. */
export function abandoned(): string[] {
  if (!existsSync(LAB)) return []
  const directories = readdirSync(LAB).filter((name) => name.startsWith(PREFIX) && !name.endsWith('.lock'))
  return directories
    .map((name) => join(LAB, name))
    .filter((directory) => {
      const pid = join(directory, 'pid')
      return existsSync(pid) && !isAlive(Number(readFileSync(pid, 'utf8')))
    })
}
