import {readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'

import {MqliftError} from '../errors.ts'
import {ACCEPT, type Decision} from '../model/decisions.ts'
import {ACKNOWLEDGED_FILE} from './acknowledged.ts'

/** Refuses a folder that holds anything but an earlier demo: it will be written to, and may be emptied. */
export async function demoFolder(dir: string): Promise<'new' | 'used'> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new MqliftError('usage', `${dir} cannot be used for the demo (${error.code ?? 'unknown'})`, {
      cause: error,
      suggestions: ['name another folder with --dir'],
    })
  })
  if (names.length === 0) return 'new'
  if (names.includes(ACKNOWLEDGED_FILE)) return 'used'
  throw new MqliftError('usage', `${dir} is not empty and not a folder of the demo`, {
    reason: 'not-demo',
    suggestions: ['name another folder with --dir'],
  })
}

/** Removes everything an earlier demo left. */
export async function emptyDemoFolder(dir: string): Promise<void> {
  if ((await demoFolder(dir)) === 'new') return
  for (const name of await readdir(dir)) {
    // Last, so that a demo interrupted here is still known as one.
    if (name !== ACKNOWLEDGED_FILE) await rm(join(dir, name), {recursive: true})
  }
  await rm(join(dir, ACKNOWLEDGED_FILE))
}

/** mqlift.yaml of the demo: a team that wants its e-mails off brokers, whatever the recommendation. */
export const DEMO_CONFIG = `# Written by mqlift demo. Flags and MQLIFT_* win over it.
platforms:
  'queue:shop/emails.outgoing': sqs-standard
tags:
  purpose: mqlift-demo
`

/** What somebody has to accept before the demo may execute. */
export function demoDecisions(at: string): Decision[] {
  const accepted: readonly (readonly [string, string])[] = [
    ['max-priority:queue:shop/emails.outgoing', 'nobody noticed in the last two outages'],
    [
      'overflow-reject-publish:queue:logistics/shipments.labels',
      'an alarm on the age of the queue replaces it',
    ],
    ['queue-max-length:queue:logistics/tracking.alerts', 'alerts are consumed within a minute'],
  ]
  return accepted.map(([id, why]) => ({id, answer: ACCEPT, by: 'the demo', at, why}))
}
