import type {Socket} from 'node:net'

import {MqliftError} from '../../errors.ts'
import type {Secret} from '../../model/secret.ts'
import {visible} from '../../model/visible.ts'
import {firstHost} from '../first-host.ts'
import {openSocket} from '../open-socket.ts'
import {codeOf, SOCKET_WORDS} from '../socket-errors.ts'
import {explainTlsError, type NodeTlsOptions} from '../tls.ts'
import {OF_TARGET} from '../words.ts'
import {
  type Answer,
  connect,
  goodbye,
  hello,
  type Login,
  readAnswer,
  removeQueue,
  WIRE_VERSION,
} from './commands.ts'

export interface OpenwireEndpoint {
  readonly tls: boolean
  /** Tried in order: of an active/standby pair only the active one listens. Never empty. */
  readonly hosts: readonly {readonly host: string; readonly port: number}[]
  readonly user: string
  readonly password: Secret
}

export interface OpenwireOptions {
  /** Used when the endpoint's `tls` is true. */
  readonly tls: NodeTlsOptions
  /** What operators see in the broker's list of connections. */
  readonly connectionName: string
}

const PATIENCE_MS = 10_000
const GOODBYE_MS = 2000
/** What a broker says of itself takes some hundred bytes. */
const LARGEST_FRAME = 1_048_576

let connections = 0

/**
 * Deletes a queue with whatever is in it; one that is not there is deleted, too. The broker refuses when somebody reads
 * from it. 5.18.3 asks for no right on a queue that is there (AuthorizationBroker.checkDestinationAdmin, read 2026-11-24):
 * which queues may be named is for the caller to guard. AMQP 1.0 has no way to say this.
 */
export async function removeOverOpenwire(
  endpoint: OpenwireEndpoint,
  queue: string,
  options: OpenwireOptions,
  signal: AbortSignal,
): Promise<void> {
  return firstHost(
    endpoint.hosts,
    (host) => removeAt({...host, tls: endpoint.tls}, endpoint, {queue, ...options}, signal),
    {signal, isFinal: ({kind}) => kind === 'refused'},
  )
}

interface Place {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

async function removeAt(
  place: Place,
  {user, password}: OpenwireEndpoint,
  {queue, tls, connectionName}: OpenwireOptions & {readonly queue: string},
  signal: AbortSignal,
): Promise<void> {
  const display = `${place.tls ? 'ssl' : 'tcp'}://${place.host}:${place.port}`
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const connection = `${connectionName}:openwire-${process.pid}-${++connections}`
  const login = {connection, clientId: connection, user, password: password.reveal()}
  let socket: Socket | undefined
  try {
    socket = await openSocket(place, tls, limit)
    await converse(socket, {login, queue}, limit)
  } catch (error) {
    socket?.destroy()
    if (signal.aborted) throw signal.reason
    throw explain(error, display, queue)
  }
}

async function converse(
  socket: Socket,
  {login, queue}: {readonly login: Login; readonly queue: string},
  signal: AbortSignal,
): Promise<void> {
  const answers = answersOf(socket, signal)
  try {
    socket.write(hello())
    await greeting(answers)
    socket.write(connect(1, login))
    await accepted(answers, 1)
    socket.write(removeQueue(2, login.connection, queue))
    await accepted(answers, 2)
  } finally {
    await answers.return()
  }
  // What it still says is read and thrown away, so that its goodbye is heard.
  socket.end(goodbye(3)).resume()
  socket.setTimeout(GOODBYE_MS, () => socket.destroy())
}

/** The broker said no; `said` is its own word for why. */
class Refused extends Error {
  override readonly name = 'Refused'
  readonly said: string
  /** To the login, and not to what was asked for. */
  readonly login: boolean

  constructor(said: string, login: boolean) {
    super(said)
    this.said = said
    this.login = login
  }
}

async function greeting(answers: AsyncGenerator<Answer, void>): Promise<void> {
  const {value} = await answers.next()
  if (!value) throw closedEarly()
  if (value.type !== 'hello' || value.version < WIRE_VERSION) throw new RangeError('not OpenWire')
}

async function accepted(answers: AsyncGenerator<Answer, void>, id: number): Promise<void> {
  for (let next = await answers.next(); !next.done; next = await answers.next()) {
    const {value: answer} = next
    if (answer.type !== 'response' || answer.to !== id) continue
    if (answer.failure) throw new Refused(answer.failure.message || answer.failure.of, id === 1)
    return
  }
  throw closedEarly()
}

const closedEarly = (): Error => Object.assign(new Error('the connection was closed'), {code: 'ECONNRESET'})

/** What the broker says, frame by frame. */
async function* answersOf(socket: Socket, signal: AbortSignal): AsyncGenerator<Answer, void> {
  const cut = (): void => void socket.destroy(signal.reason instanceof Error ? signal.reason : undefined)
  signal.addEventListener('abort', cut)
  let rest = Buffer.alloc(0)
  try {
    for await (const chunk of socket.iterator({destroyOnReturn: false})) {
      if (!Buffer.isBuffer(chunk)) return
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4) {
        const size = rest.readInt32BE(0)
        if (size < 1 || size > LARGEST_FRAME) throw new RangeError('not OpenWire')
        if (rest.length < 4 + size) break
        yield readAnswer(rest.subarray(4, 4 + size))
        rest = rest.subarray(4 + size)
      }
    }
  } finally {
    signal.removeEventListener('abort', cut)
  }
}

function explain(error: unknown, display: string, queue: string): MqliftError {
  const reason = (name: string) => ({cause: error, reason: name})
  if (error instanceof Refused && error.login)
    return new MqliftError('refused', `${display} refused this user: ${visible(error.said)}`, {
      ...reason('login-failed'),
      suggestions: [`Check the user in the address, and the password: ${OF_TARGET.password}`],
    })
  if (error instanceof Refused)
    return new MqliftError('refused', `${display} does not delete ${queue}: ${visible(error.said)}`, {
      ...reason('not-deleted'),
      suggestions: ['nobody may read from it; where the broker asks for a right, it is admin on the queue'],
    })
  if (error instanceof RangeError)
    return new MqliftError('unreachable', `${display} answered, but not in OpenWire`, {
      ...reason('not-openwire'),
      suggestions: [`Check the port of OpenWire, usually 61617 over TLS: ${OF_TARGET.management}`],
    })
  const code = codeOf(error)
  const tlsError = explainTlsError(code, OF_TARGET)
  if (tlsError)
    return new MqliftError('unreachable', `${display}: ${tlsError.why}`, {
      ...reason('tls'),
      suggestions: [tlsError.suggestion],
    })
  return new MqliftError('unreachable', `${display}: ${SOCKET_WORDS[code ?? ''] ?? 'no answer in time'}`, {
    ...reason('no-answer'),
    suggestions: [
      `Let this machine through to OpenWire (61617 over TLS), or say where it is: ${OF_TARGET.management}`,
    ],
  })
}
