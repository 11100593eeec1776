import {chmod, rm} from 'node:fs/promises'
import {createServer, type Server, type Socket} from 'node:net'

import {ControlRequest} from '../model/control.ts'
import {jsonOrUndefined} from '../model/json-or-undefined.ts'
import {controlSocket, SILENCE_MS} from './control-socket.ts'
import type {Session} from './session.ts'
import type {Steering} from './steering.ts'

const OWNER_ONLY = 0o177
const MOST_REQUEST = 64 * 1024

/**
 * Serves `mqlift control` on a socket in the folder that only its owner can use (0600, no TCP, reliability.md 2.9).
 * Called while the ledger is held, so that nobody else serves this folder: a socket that is there was left by a
 * process that was killed. Null, and said, when there can be none; the pause file works all the same.
 */
export async function serveControl(
  {workspace, talk}: Session,
  steering: Steering,
): Promise<AsyncDisposable | null> {
  const path = controlSocket(workspace)
  if (path === undefined) {
    talk.say('mqlift control cannot reach this run: the path of the folder is too long for a socket')
    return null
  }
  await rm(path, {force: true})
  const asking = new Set<Socket>()
  const server = createServer((socket) => {
    asking.add(socket)
    socket.once('close', () => asking.delete(socket))
    void answer(socket, steering).catch(() => socket.destroy())
  })
  server.unref()
  try {
    await listen(server, path)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    talk.say(`mqlift control cannot reach this run: ${why}`)
    return null
  }
  return {
    async [Symbol.asyncDispose]() {
      server.close()
      // One that is connected and says nothing would keep the process alive.
      for (const socket of asking) socket.destroy()
      await rm(path, {force: true})
    },
  }
}

/** The mode is there from the first moment: between listening and changing it anybody could connect. */
async function listen(server: Server, path: string): Promise<void> {
  const {promise, resolve, reject} = Promise.withResolvers<void>()
  server.once('error', reject)
  const before = process.umask(OWNER_ONLY)
  try {
    server.listen(path, resolve)
  } finally {
    process.umask(before)
  }
  await promise
  await chmod(path, 0o600)
}

async function answer(socket: Socket, steering: Steering): Promise<void> {
  socket.on('error', () => socket.destroy())
  socket.setTimeout(SILENCE_MS, () => socket.destroy())
  const line = await firstLine(socket)
  const request = ControlRequest.safeParse(jsonOrUndefined(line))
  const reply = request.success
    ? await steering.obey(request.data)
    : {refused: 'this run is of another version of mqlift and does not know the request'}
  socket.end(`${JSON.stringify(reply)}\n`)
}

async function firstLine(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket.setEncoding('utf8').iterator({destroyOnReturn: false})) {
    text += String(chunk)
    if (text.includes('\n') || text.length > MOST_REQUEST) break
  }
  return text
}
