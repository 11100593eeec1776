import {z} from 'zod'

/** What a destination or subject can be. */
export const DestinationKind = z.enum(['queue', 'stream', 'exchange', 'topic', 'subscription'])
export type DestinationKind = z.infer<typeof DestinationKind>

/**
 * `<kind>:<enc(vhost)>/<enc(name)>`, the name of a destination in every artefact. Streams keep kind `queue` in
 * the id's place (`stream:`), so that an id alone says what it is.
 */
export function destinationId(kind: DestinationKind, vhost: string, name: string): string {
  return `${kind}:${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`
}

export interface ParsedId {
  readonly kind: DestinationKind
  readonly vhost: string
  readonly name: string
}

/** The inverse of {@link destinationId}. Throws a TypeError when the text is not such an id. */
export function parseId(id: string): ParsedId {
  const match = /^([a-z]+):([^/]*)\/(.*)$/.exec(id)
  if (!match) throw new TypeError(`not a destination id: ${id}`)
  return {
    kind: DestinationKind.parse(match[1]),
    vhost: decodeURIComponent(match[2] ?? ''),
    name: decodeURIComponent(match[3] ?? ''),
  }
}
