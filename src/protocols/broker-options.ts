import type {Secret} from '../model/secret.ts'
import type {TlsOptions} from './tls.ts'
import type {Words} from './words.ts'

export type {TlsOptions} from './tls.ts'
export {OF_TARGET} from './words.ts'

/** How to reach a broker. Secrets were taken from the environment, a file, stdin or a prompt by the command. */
export interface BrokerOptions {
  readonly password?: Secret
  /** Base URL of the management API, or where a broker speaks OpenWire; derived from the address when undefined. */
  readonly management?: string
  readonly managementPassword?: Secret
  readonly tls: TlsOptions
  /** Plain protocols to hosts that are not loopback (SEC-15). */
  readonly allowPlaintext: boolean
  /** Shown to operators in the broker's connection list: `mqlift:<run id>`. */
  readonly connectionName: string
  /** How advice speaks of this broker; a source when undefined. */
  readonly words?: Words
  /** Something to say on stderr: a derived management address, a repaired file. */
  onNotice?(text: string): void
}
