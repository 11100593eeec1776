import {MqliftError} from '../../errors.ts'
import {failed, ok, type Diagnosis, type Probe, unknown} from '../../model/doctor.ts'
import {word} from '../../model/shell.ts'
import {visible} from '../../model/visible.ts'
import {type AmqpEndpoint, type AmqpOptions, connect} from '../../protocols/amqp091/connect.ts'

export interface AmqpProbeOptions extends AmqpOptions {
  readonly endpoint: Omit<AmqpEndpoint, 'vhost'>
  /** Undefined = the address names none; the default one is tried, and need not be the user's. */
  readonly vhost: string | undefined
}

/** Needs no right of its own, so it tells which one is missing: 404 = could read, 403 = may not. */
const NOBODYS_QUEUE = 'mqlift.doctor.no-such-queue'

export const DEFAULT_VHOST = '/'

export function amqpProbes(options: AmqpProbeOptions): Probe[] {
  const vhost = options.vhost ?? DEFAULT_VHOST
  return [
    {
      id: 'source.login',
      question: `May the user sign in over AMQP, to vhost ${visible(vhost)}?`,
      needs: ['source.protocol'],
      run: (signal) => login(options, signal),
    },
    {
      id: 'rights.move',
      question: `May the user read queues of vhost ${visible(vhost)}, which moving needs?`,
      needs: ['source.login'],
      run: (signal) => readRight(options, signal),
    },
  ]
}

async function login(options: AmqpProbeOptions, signal: AbortSignal): Promise<Diagnosis> {
  const {endpoint, vhost} = options
  const user = visible(endpoint.user)
  try {
    await using connection = await connect({...endpoint, vhost: vhost ?? DEFAULT_VHOST}, options, signal)
    return ok(`signed in as ${user}, RabbitMQ ${visible(connection.version)}`)
  } catch (error) {
    const foreign = error instanceof MqliftError && error.reason === 'vhost-refused'
    if (!foreign || vhost !== undefined) throw error
    return unknown(
      `the password of ${user} is right, vhost / is not its own`,
      'Name a vhost in the address: …/<vhost>',
    )
  }
}

async function readRight(options: AmqpProbeOptions, signal: AbortSignal): Promise<Diagnosis> {
  const {endpoint, vhost = DEFAULT_VHOST} = options
  await using connection = await connect({...endpoint, vhost}, options, signal)
  const code = await replyTo(async (onClosed) => {
    const channel = await connection.openChannel(onClosed)
    // The queue does not exist, so nothing is taken; the right is checked before the name (3.10.8, 4.0.5).
    await channel.get(NOBODYS_QUEUE, {noAck: false})
  })
  const command = `rabbitmqctl set_permissions -p ${word(vhost)} ${word(endpoint.user)} '^$' '^$' '<regex of the queues>'`
  if (code === 404) return ok('read is allowed, also for names that no queue has')
  if (code === 403) {
    return unknown(
      'read is not allowed for every name; whether it is for the queues to move shows when they are opened',
      `${command} (read also allows purging: grant it for the queues to move, for the time of the move)`,
    )
  }
  return failed(`the broker answered ${code ?? 'nothing'} when asked to read`, command)
}

/** The reply code with which the broker closed the channel. */
export async function replyTo(
  ask: (onClosed: (closed: {code: number | undefined}) => void) => Promise<void>,
): Promise<number | undefined> {
  const {promise, resolve} = Promise.withResolvers<number | undefined>()
  try {
    await ask(({code}) => resolve(code))
    return undefined
  } catch {
    return promise
  }
}
