import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'

import type {TestProject} from 'vitest/node'

import {attachElasticmq, type ElasticmqRecord} from './elasticmq.ts'
import {LAB, SKIP_BROKERS} from './lab.ts'
import {attachRabbitmq, type RabbitmqRecord} from './rabbitmq.ts'

export type SharedRecord =
  | {readonly kind: 'rabbitmq'; readonly record: RabbitmqRecord}
  | {readonly kind: 'elasticmq'; readonly record: ElasticmqRecord}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the run's shared brokers are registered; null = MQLIFT_SKIP_BROKERS. */
    sharedBrokers: string | null
  }
}

/**
 * Brokers start when the first test asks for them (shared.ts) and stop here, after the last: one of each kind for
 * the whole run, none when no test of the run needs it.
 */
export default function setup(project: TestProject): () => Promise<void> {
  if (SKIP_BROKERS) {
    process.stderr.write('\n*** MQLIFT_SKIP_BROKERS=1: tests against real brokers are SKIPPED ***\n\n')
    project.provide('sharedBrokers', null)
    return async () => {}
  }
  mkdirSync(LAB, {recursive: true})
  const directory = mkdtempSync(join(LAB, 'shared-'))
  project.provide('sharedBrokers', directory)
  return async () => {
    const files = readdirSync(directory).filter((name) => name.endsWith('.json'))
    await Promise.all(
      files.map(async (name) => {
        const shared: SharedRecord = JSON.parse(readFileSync(join(directory, name), 'utf8'))
        await using _ =
          shared.kind === 'rabbitmq' ? attachRabbitmq(shared.record) : attachElasticmq(shared.record)
      }),
    )
    rmSync(directory, {recursive: true, force: true})
  }
}
