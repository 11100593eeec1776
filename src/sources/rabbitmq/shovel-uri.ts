import {MqliftError} from '../../errors.ts'
import {
  type BrokerAddress,
  credentials,
  parseAddress,
  refusePlaintext,
} from '../../protocols/broker-address.ts'
import type {BrokerOptions} from '../../protocols/broker-options.ts'
import {atLeast, parseVersion} from '../../routing/version.ts'

/**
 * Its own virtual host, as the broker that runs the shovel names it: no host means a direct connection inside the node,
 * which needs no password. A bare `/` would be the virtual host with the empty name.
 */
export const ownUri = (vhost: string): string => `amqp:///${encodeURIComponent(vhost)}`

export interface FarEnd {
  /** Where we reach it. */
  readonly address: string
  readonly options: BrokerOptions
  /** Where the broker that runs the shovel reaches it, when that is elsewhere or needs more to be said. */
  readonly uri?: string | undefined
}

/** Peers are verified by default from here on; before, only when the address says how (aws-targets.md D10). */
const VERIFIES_SINCE = 4

/**
 * The other end, one address per host, with user and password: the broker that runs the shovel has to sign in there.
 * Throws `refused` when it would not look at whom it gives the password to.
 */
export function farUris({address, options, uri}: FarEnd, vhost: string, runsOn: string): string[] {
  const parsed = parseAddress(uri ?? address, options.words)
  refusePlaintext(parsed, options.allowPlaintext, options.words)
  // The password may be in the address that we were given.
  const {user, password} = credentials({...parseAddress(address, options.words), ...said(parsed)}, options)
  const query = /\?([^#]*)/.exec(uri ?? '')?.[1] ?? ''
  refuseUnverified(parsed, query, runsOn)
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password.reveal())}`
  return parsed.hosts.map(({host, port}) => {
    const name = host.includes(':') ? `[${host}]` : host
    return `${parsed.scheme}://${login}@${name}:${port}/${encodeURIComponent(vhost)}${query && `?${query}`}`
  })
}

const said = ({user}: BrokerAddress): Partial<BrokerAddress> => (user === undefined ? {} : {user})

function refuseUnverified({tls, scheme, hosts}: BrokerAddress, query: string, runsOn: string): void {
  const how = new URLSearchParams(query).getAll('verify')
  const verifies =
    how.length === 0
      ? atLeast(parseVersion(runsOn), VERIFIES_SINCE)
      : how.every((one) => one === 'verify_peer')
  if (!tls || verifies) return
  const {host = '', port = ''} = hosts[0] ?? {}
  throw new MqliftError(
    'refused',
    `a shovel of RabbitMQ ${runsOn} would not verify whom it sends the password to`,
    {
      reason: 'shovel-unverified',
      suggestions: [
        `shovel: {uri: "${scheme}://${host}:${port}?cacertfile=/etc/ssl/certs/ca-certificates.crt&verify=verify_peer&server_name_indication=${host}"} in mqlift.yaml, with a file of the machine that the broker runs on`,
      ],
    },
  )
}
