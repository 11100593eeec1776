import type {Headers, Properties} from './envelope.ts'

/**
 * A message of ours that marks a place in a queue (`--until sentinel`). It is no message: whoever of us reads it takes
 * it out, and never sends or counts it. Id and header say the same, and the body is empty, so that no business message
 * is taken for one by accident. Consumers that do not know it can tell it by the header.
 */
export const SENTINEL_HEADER = 'mqlift-sentinel'

const MARK = ':sentinel:'

/** `run` is the name of the connection, which carries the id of the run; unique within it by `count`. */
export const sentinelId = (run: string, count: number): string => `${run}${MARK}${count}`

/** Its content, without a body. Lowest priority: behind everything else of a priority queue (rabbitmq.md 3.4). */
export const sentinelContent = (id: string): {properties: Properties; headers: Headers} => ({
  properties: {messageId: id, deliveryMode: 2, priority: 0, appId: 'mqlift', type: SENTINEL_HEADER},
  headers: [[SENTINEL_HEADER, {t: 'S', v: id}]],
})

interface Content {
  readonly properties: Properties
  readonly headers: Headers
}

/** The id of a sentinel, of whichever run; undefined = a message. */
export function sentinelOf({properties, headers}: Content, body: Uint8Array): string | undefined {
  const {messageId, type} = properties
  if (type !== SENTINEL_HEADER || body.length > 0 || !messageId?.includes(MARK)) return undefined
  const marked = headers.some(
    ([name, value]) => name === SENTINEL_HEADER && value.t === 'S' && value.v === messageId,
  )
  return marked ? messageId : undefined
}
