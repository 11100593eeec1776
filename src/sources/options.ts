import type {Secret} from '../model/secret.ts'

/** TLS per endpoint. Verification is on; the CA file adds to the system's unless `caOnly` (SEC-11…14). */
export interface TlsOptions {
  readonly caFile?: string
  readonly caOnly: boolean
  readonly certFile?: string
  readonly keyFile?: string
  /** Only by its own flag, warned about and reported. */
  readonly insecure: boolean
}

/** How to reach a broker. Secrets were taken from the environment, a file, stdin or a prompt by the command. */
export interface SourceOptions {
  readonly password?: Secret
  /** Base URL of the management API; derived from the address when undefined. */
  readonly management?: string
  readonly managementPassword?: Secret
  readonly tls: TlsOptions
  /** Plain protocols to hosts that are not loopback (SEC-15). */
  readonly allowPlaintext: boolean
  /** Shown to operators in the broker's connection list: `mqlift:<run id>`. */
  readonly connectionName: string
  /** Something to say on stderr: a derived management address, a repaired file. */
  onNotice?(text: string): void
}
