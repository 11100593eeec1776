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

/** The other end, one address per host, with user and password: the broker that runs the shovel has to sign in there. */
export function farUris({address, options, uri}: FarEnd, vhost: string, runsOn: string): string[] {
  const parsed = assertTellable({address, uri, ...options}, runsOn)
  // The password may be in the address that we were given.
  const {user, password} = credentials({...parseAddress(address, options.words), ...said(parsed)}, options)
  const query = queryOf(uri)
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password.reveal())}`
  return parsed.hosts.map(({host, port}) => {
    const name = host.includes(':') ? `[${host}]` : host
    return `${parsed.scheme}://${login}@${name}:${port}/${encodeURIComponent(vhost)}${query && `?${query}`}`
  })
}

const queryOf = (uri: string | undefined): string => /\?([^#]*)/.exec(uri ?? '')?.[1] ?? ''

type Told = Pick<FarEnd, 'address' | 'uri'> & Pick<BrokerOptions, 'allowPlaintext' | 'words'>

/**
 * Throws `refused` when a broker of this version (null = not known yet) would send the password in the clear, or to
 * whoever answers. Needs no password, so that it can be asked before anything is done.
 */
export function assertTellable(
  {address, uri, allowPlaintext, words}: Told,
  runsOn: string | null,
): BrokerAddress {
  const parsed = parseAddress(uri ?? address, words)
  refusePlaintext(parsed, allowPlaintext, words)
  if (runsOn !== null || queryOf(uri) !== '') refuseUnverified(parsed, queryOf(uri), runsOn)
  return parsed
}

const said = ({user}: BrokerAddress): Partial<BrokerAddress> => (user === undefined ? {} : {user})

function refuseUnverified({tls, scheme, hosts}: BrokerAddress, query: string, runsOn: string | null): void {
  const how = new URLSearchParams(query).getAll('verify')
  const verifies =
    how.length === 0
      ? atLeast(parseVersion(runsOn), VERIFIES_SINCE)
      : how.every((one) => one === 'verify_peer')
  if (!tls || verifies) return
  const {host = '', port = ''} = hosts[0] ?? {}
  throw new MqliftError(
    'refused',
    `a shovel${runsOn === null ? '' : ` of RabbitMQ ${runsOn}`} would not verify whom it sends the password to`,
    {
      reason: 'shovel-unverified',
      suggestions: [
        `shovel: {uri: "${scheme}://${host}:${port}?cacertfile=/etc/ssl/certs/ca-certificates.crt&verify=verify_peer&server_name_indication=${host}"} in mqlift.yaml, with a file of the machine that the broker runs on`,
      ],
    },
  )
}
