import {rmSync} from 'node:fs'

import type {TestProject} from 'vitest/node'

import {attachActivemq} from './activemq.ts'
import {attachElasticmq} from './elasticmq.ts'
import {SKIP_BROKERS} from './lab.ts'
import {attachRabbitmq} from './rabbitmq.ts'
import {abandoned, type BrokerRecord, createRegistry, registered} from './registry.ts'

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
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (SKIP_BROKERS) {
    process.stderr.write('\n*** MQLIFT_SKIP_BROKERS=1: tests against real brokers are SKIPPED ***\n\n')
    project.provide('sharedBrokers', null)
    return async () => {}
  }
  await Promise.all(abandoned().map(sweep))
  const directory = createRegistry()
  project.provide('sharedBrokers', directory)
  return () => sweep(directory)
}

/** Stops whatever a run has started and not stopped. */
export async function sweep(directory: string): Promise<void> {
  await Promise.all(registered(directory).map((broker) => attach(broker)[Symbol.asyncDispose]()))
  rmSync(directory, {recursive: true, force: true})
}

function attach(broker: BrokerRecord): AsyncDisposable {
  if (broker.kind === 'rabbitmq') return attachRabbitmq(broker.record)
  return broker.kind === 'elasticmq' ? attachElasticmq(broker.record) : attachActivemq(broker.record)
}
