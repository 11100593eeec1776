import {createConnection} from 'node:net'

import {ours} from '../cli/shell.ts'
import {MqliftError} from '../errors.ts'
import {ControlReply, type ControlRequest, type ControlStatus} from '../model/control.ts'
import {jsonOrUndefined} from '../model/json-or-undefined.ts'
import {controlSocket, MOST_LINE, SILENCE_MS} from './control-socket.ts'
import type {Session} from './session.ts'

/** Asks the `migrate` that runs in this folder, and returns what it says of itself. */
export async function control(session: Session, request: ControlRequest): Promise<ControlStatus> {
  const path = controlSocket(session.workspace)
  if (path === undefined) throw tooLong(session)
  let answer: string
  try {
    answer = await ask(path, `${JSON.stringify(request)}\n`)
  } catch (error) {
    throw notRunning(session, error)
  }
  const reply = ControlReply.safeParse(jsonOrUndefined(answer))
  if (!reply.success) throw notUnderstood('it gives an answer of another version')
  if ('refused' in reply.data) throw notUnderstood(reply.data.refused)
  return reply.data
}

function ask(path: string, line: string): Promise<string> {
  const {promise, resolve, reject} = Promise.withResolvers<string>()
  const socket = createConnection(path)
  let answer = ''
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('no answer')))
  socket.setEncoding('utf8')
  socket.on('connect', () => socket.write(line))
  socket.on('data', (chunk: string) => {
    answer += chunk
    if (answer.length > MOST_LINE) socket.destroy(new Error('an answer without an end'))
  })
  socket.on('error', reject)
  socket.on('end', () => resolve(answer))
  return promise
}

const notRunning = (session: Session, cause: unknown): MqliftError =>
  new MqliftError('unreachable', `no migrate runs in ${session.dir}`, {
    cause,
    reason: 'not-running',
    suggestions: [
      `${ours(session, 'migrate', '--execute')} starts one, --dir names another folder`,
      'only the user who started it can reach it, and only on the same machine',
    ],
  })

const tooLong = ({dir}: Session): MqliftError =>
  new MqliftError('unreachable', `the path of ${dir} is too long for a socket: its run cannot be reached`, {
    reason: 'socket-path',
    suggestions: [
      'a file called pause in the folder pauses it; Ctrl-C stops it, and it resumes when started again',
      'run migrate and control from inside the folder, with --dir .',
    ],
  })

const notUnderstood = (why: string): MqliftError =>
  new MqliftError('unreachable', `the running migrate did not understand: ${why}`, {
    reason: 'other-version',
    suggestions: ['use the mqlift that started it', 'Ctrl-C stops it, and it resumes when started again'],
  })
