/**
 * Where an operator sets what advice speaks of: of a source with flags, of a target in mqlift.yaml. Null = there is no
 * such thing there, and the advice is left out.
 */
export interface Words {
  readonly password: string
  readonly managementPassword: string
  readonly prompt: string | null
  readonly management: string
  readonly ca: string
  readonly clientCertificate: string | null
  readonly plaintext: string | null
  readonly otherwise: string | null
}

export const OF_SOURCE: Words = {
  password: 'MQLIFT_SOURCE_PASSWORD, or --password-file <file> (mode 0600)',
  managementPassword: 'MQLIFT_MANAGEMENT_PASSWORD, by default MQLIFT_SOURCE_PASSWORD',
  prompt: 'Let mqlift ask for it on the terminal',
  management: '--management',
  ca: '--ca-file',
  clientCertificate: '--cert-file and --key-file',
  plaintext: '--allow-plaintext',
  otherwise: 'Or work from a file: rabbitmqctl export_definitions definitions.json',
}

const TARGET_PASSWORD = 'MQLIFT_TARGET_PASSWORD, or --target-password-file <file> (mode 0600)'

export const OF_TARGET: Words = {
  password: TARGET_PASSWORD,
  managementPassword: TARGET_PASSWORD,
  prompt: null,
  management: 'management: under brokers: in mqlift.yaml',
  ca: 'caFile: under brokers: in mqlift.yaml',
  clientCertificate: null,
  plaintext: null,
  otherwise: null,
}

/** Without what there is not. */
export const advice = (...lines: readonly (string | null)[]): string[] =>
  lines.filter((line) => line !== null)
