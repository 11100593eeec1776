import {Args, Flags} from '@oclif/core'

import {PREFERENCES} from '../model/platform.ts'

/** Flags of one meaning everywhere. Every command spreads the groups it needs. */

export const executeFlag = {
  execute: Flags.boolean({default: false, summary: 'Change things. Without it, only say what would happen.'}),
}

export const selectionFlags = {
  only: Flags.string({
    summary: 'Only destinations whose name, vhost/name or id matches (glob, repeatable).',
    multiple: true,
    multipleNonGreedy: true,
  }),
  except: Flags.string({
    summary: 'Leave out destinations that match (glob, repeatable).',
    multiple: true,
    multipleNonGreedy: true,
  }),
}

export const preferFlag = {
  prefer: Flags.option({
    summary: 'What weighs more: what AWS does better, or how little changes.',
    options: PREFERENCES,
    default: 'balanced' as const,
  })(),
}

export const decisionFlags = {
  accept: Flags.string({
    summary: 'Accept a loss, by loss id or rule id (repeatable).',
    multiple: true,
    multipleNonGreedy: true,
  }),
  answer: Flags.string({
    summary: 'Answer an open question, as id=value (repeatable).',
    multiple: true,
    multipleNonGreedy: true,
  }),
}

export const sourceFlags = {
  management: Flags.string({
    summary: 'Management API of the broker.',
    env: 'MQLIFT_MANAGEMENT',
    helpGroup: 'SOURCE',
  }),
  'password-file': Flags.string({summary: 'File that holds the password (mode 0600).', helpGroup: 'SOURCE'}),
  'password-stdin': Flags.boolean({
    summary: 'Read the password from stdin.',
    exclusive: ['password-file'],
    helpGroup: 'SOURCE',
  }),
  'ca-file': Flags.string({summary: 'Trust these certificates, too.', helpGroup: 'SOURCE'}),
  'ca-only': Flags.boolean({
    summary: 'Trust only those of --ca-file.',
    dependsOn: ['ca-file'],
    helpGroup: 'SOURCE',
  }),
  'cert-file': Flags.string({summary: 'Client certificate.', dependsOn: ['key-file'], helpGroup: 'SOURCE'}),
  'key-file': Flags.string({summary: 'Its private key.', dependsOn: ['cert-file'], helpGroup: 'SOURCE'}),
  'insecure-source': Flags.boolean({
    summary: 'Do not verify the certificate of the broker. Reported.',
    helpGroup: 'SOURCE',
  }),
  'allow-plaintext': Flags.boolean({
    summary: 'Allow unencrypted connections to other hosts. Reported.',
    helpGroup: 'SOURCE',
  }),
}

/** The address is in mqlift.yaml, under brokers: it is part of the plan. */
export const targetFlags = {
  'target-password-file': Flags.string({
    summary: 'File that holds the password of the target broker (mode 0600); or MQLIFT_TARGET_PASSWORD.',
    helpGroup: 'TARGET',
  }),
}

export const awsFlags = {
  account: Flags.string({
    summary: 'AWS account the plan is for; another one is refused.',
    env: 'MQLIFT_ACCOUNT',
    helpGroup: 'AWS',
  }),
  region: Flags.string({summary: 'AWS Region.', env: 'MQLIFT_REGION', helpGroup: 'AWS'}),
  endpoint: Flags.string({
    summary: 'Another endpoint than AWS itself: private or emulator.',
    env: 'MQLIFT_ENDPOINT',
    helpGroup: 'AWS',
  }),
}

export const emulatorFlag = {
  'allow-emulator': Flags.boolean({
    default: false,
    summary: 'Move into a custom endpoint although the broker is not on this machine. Reported.',
    helpGroup: 'AWS',
  }),
}

export const addressArg = {
  source: Args.string({
    description: 'Address of the broker, as amqps://user@host/; default: the one inspected.',
  }),
}

/** The flags that switch a guard off: each use is in the audit trail. */
export const OVERRIDES = ['insecure-source', 'allow-plaintext', 'allow-emulator', 'accept', 'adopt'] as const
