import {parseId} from '../../model/id.ts'
import {type ReadContext, TIMING} from './read/context.ts'
import {isStream} from './read/errors.ts'
import {QueueReader} from './read/queue-reader.ts'

/** Reads the queue with this destination id. See `Source.read` for what the iterator promises. */
export function readQueue(
  id: string,
  context: Omit<ReadContext, 'id' | 'queue' | 'timing'> & Partial<Pick<ReadContext, 'timing'>>,
  signal: AbortSignal,
): QueueReader {
  const {kind, vhost, name} = parseId(id)
  const queue = {vhost, name}
  // A stream is not emptied by reading, and basic.get on one closes the connection (rabbitmq.md 0, point 5).
  if (kind === 'stream') throw isStream(queue)
  return new QueueReader({timing: TIMING, ...context, id, queue}, signal)
}
