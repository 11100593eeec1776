import {closeSync, constants, openSync, writeSync} from 'node:fs'

import {MqliftError} from '../errors.ts'
import type {MigrateEvent} from '../model/events.ts'

/** `--events FILE|-`: one JSON object per line (SEC-20), on disk before the next event. */
export interface EventLog extends Disposable {
  event(event: MigrateEvent): void
}

const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
const STDOUT = 1

/** Kept for a reader of stdout that is slow; more than this, and it reads no longer. */
const MOST_PENDING = 2 ** 20
/** How long the end waits for such a reader. */
const LAST_TRIES = 100
const TRY_EVERY_MS = 20

export function openEventLog(
  target: string | undefined,
  now: () => number,
  onBroken: (why: string) => void,
): EventLog {
  if (target === undefined) return {event: () => undefined, [Symbol.dispose]: () => undefined}
  const fd = target === '-' ? STDOUT : openFile(target)
  let pending: Uint8Array = new Uint8Array()
  let isBroken = false
  const flush = (): void => {
    try {
      pending = written(fd, pending)
      if (pending.length > MOST_PENDING) throw new Error('nobody reads them')
    } catch (error) {
      // A reader that went away, or a full disk: events are for watching, the move goes on without.
      isBroken = true
      pending = new Uint8Array()
      onBroken(error instanceof Error ? error.message : String(error))
    }
  }
  return {
    event(event) {
      if (isBroken) return
      const line = `${JSON.stringify({at: new Date(now()).toISOString(), ...event})}\n`
      pending = Buffer.concat([pending, Buffer.from(line)])
      flush()
    },
    [Symbol.dispose]() {
      for (let tries = 0; tries < LAST_TRIES && pending.length > 0; tries++) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TRY_EVERY_MS)
        flush()
      }
      if (fd !== STDOUT) closeSync(fd)
    },
  }
}

/** What could not be written yet: a pipe that is full says EAGAIN, or takes a part. */
function written(fd: number, bytes: Uint8Array): Uint8Array {
  let rest = bytes
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
  }
  return rest
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
