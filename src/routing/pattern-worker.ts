/* oxlint-disable unicorn/require-post-message-target-origin -- worker threads have no origin */
import {parentPort} from 'node:worker_threads'

/**
 * Runs patterns that have no linear-time engine, where it can be killed (SEC-36). Holds nothing but the pattern
 * and the names.
 */
export interface PatternJob {
  readonly source: string
  readonly names: readonly string[]
}

parentPort?.on('message', ({source, names}: PatternJob) => {
  const expression = new RegExp(source)
  parentPort?.postMessage(names.map((name) => expression.test(name)))
})
parentPort?.postMessage('ready')
