import {relative} from 'node:path'

import type {Workspace} from '../workspace/workspace.ts'

export const CONTROL_SOCKET = 'control.sock'

/** A socket's path has 108 bytes with its end on Linux, 104 on macOS (unix(7) and sys/un.h, read 2026-11-24). */
const MOST_BYTES = 103

/** The shorter way to the socket of a folder; undefined = both are too long for a socket. */
export function controlSocket(workspace: Workspace): string | undefined {
  const path = workspace.path(CONTROL_SOCKET)
  const near = relative(process.cwd(), path)
  const [shorter = path] = [path, near].toSorted((a, b) => Buffer.byteLength(a) - Buffer.byteLength(b))
  return Buffer.byteLength(shorter) <= MOST_BYTES ? shorter : undefined
}

/** Both ends give up on each other after this long. */
export const SILENCE_MS = 10_000
/** A request or an answer is one line, and no longer than this. */
export const MOST_LINE = 4 * 2 ** 20
