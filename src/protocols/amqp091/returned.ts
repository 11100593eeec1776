import {isDeepStrictEqual} from 'node:util'

import type {Headers} from '../../model/envelope.ts'
import {type ContentHeader, decodeContentHeader} from './content-header.ts'
import type {Content} from './content-writer.ts'

/** A message that the broker could not route and gave back. */
export interface Returned {
  readonly header: ContentHeader
  readonly body: Buffer
}

/**
 * Whether the returned message is this one. Nothing is added to a message to recognise it by, so content is compared:
 * two messages that are the same in every byte and field are also the same to whoever sends one of them again.
 * RabbitMQ 4 gives headers back in another order (seen on 4.0.5).
 */
export function isReturned(content: Content, {header, body}: Returned): boolean {
  if (body.length !== content.body.byteLength || !body.equals(content.body)) return false
  const sent = decodeContentHeader(content.properties, 0)
  if (!isDeepStrictEqual(sent.properties, header.properties)) return false
  return isDeepStrictEqual(sorted(sent.headers), sorted(header.headers))
}

const sorted = (headers: Headers): Headers =>
  headers.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
