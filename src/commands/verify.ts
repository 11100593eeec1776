import {Flags} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {addressArg, awsFlags, selectionFlags, sourceFlags, targetFlags} from '../cli/flags.ts'
import {renderVerification} from '../cli/render/verification.ts'
import {ours} from '../cli/shell.ts'
import {openSession, overrides} from '../session/session.ts'
import {incomplete, verifyMoves} from '../session/verify.ts'

export default class Verify extends BaseCommand {
  static override summary = 'Compare what the ledger says with the broker and with AWS.'
  static override description =
    'Reads only, and can be run again at any time, also without the broker. Exit 6 when something differs.'
  static override examples = [
    '<%= config.bin %> verify --dir move',
    '<%= config.bin %> verify --dir move --wait --json',
  ]
  static override args = {...addressArg}
  static override flags = {
    wait: Flags.boolean({
      default: false,
      summary: 'Read the counts of SQS until they have settled: three equal readings, a minute apart.',
    }),
    ...selectionFlags,
    region: awsFlags.region,
    endpoint: awsFlags.endpoint,
    ...targetFlags,
    ...sourceFlags,
  }

  async run() {
    const {args, flags} = await this.parse(Verify)
    const session = openSession(this.begin(flags))
    await session.audit.start(overrides(flags, ['insecure-source', 'allow-plaintext']))
    const given = args.source === undefined ? [] : [args.source]
    const verification = await verifyMoves(session, flags, given)
    session.talk.answer(renderVerification(verification, session.talk.tint))
    const problem = incomplete(verification)
    if (problem) this.failWith(verification, problem)
    session.talk.say(`next: ${ours(session, 'report')}`)
    return verification
  }
}
