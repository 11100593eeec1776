import {closeSync, constants, openSync, writeSync} from 'node:fs'

import {MqliftError} from '../errors.ts'
import type {MigrateEvent} from '../model/events.ts'

/** `--events FILE|-`: one JSON object per line (SEC-20), on disk before the next event. */
export interface EventLog extends Disposable {
  event(event: MigrateEvent): void
}

const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
const STDOUT = 1

export function openEventLog(target: string | undefined, now: () => number): EventLog {
  const fd = target === undefined ? undefined : target === '-' ? STDOUT : openFile(target)
  return {
    event(event) {
      if (fd === undefined) return
      writeSync(fd, `${JSON.stringify({at: new Date(now()).toISOString(), ...event})}\n`)
    },
    [Symbol.dispose]() {
      if (fd !== undefined && fd !== STDOUT) closeSync(fd)
    },
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, APPEND, 0o600)
  } catch (error) {
    throw new MqliftError('usage', `cannot write events to ${path}`, {
      suggestions: ['name a file in a folder you can write to', 'or - for stdout'],
      cause: error,
    })
  }
}
