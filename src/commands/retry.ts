import {BaseCommand} from '../cli/base-command.ts'
import {addressArg, OVERRIDES} from '../cli/flags.ts'
import {renderReportNote} from '../cli/render/report.ts'
import {renderRetry} from '../cli/render/retry.ts'
import {renderVerification} from '../cli/render/verification.ts'
import {retryFlags} from '../cli/retry-flags.ts'
import {reportFiles} from '../session/report.ts'
import {describeRetry, runRetry} from '../session/retry.ts'
import {openSession, overrides} from '../session/session.ts'

export default class Retry extends BaseCommand {
  static override summary = 'Try again what failed or was set aside, after a decision changed.'
  static override description =
    'From the broker where it still has the messages, else from the archive; says which. Without --execute changes nothing.'
  static override examples = [
    '<%= config.bin %> retry --dir move',
    '<%= config.bin %> retry --dir move --accept message-delay --execute',
  ]
  static override args = {...addressArg}
  static override flags = {...retryFlags}

  async run() {
    const {args, flags: given} = await this.parse(Retry)
    const flags = {...given, until: 'empty'} as const
    const session = openSession(this.begin(flags, flags.events === '-' ? 'aside' : 'stdout'))
    const {talk} = session
    const described = await describeRetry(session, flags)
    if (!flags.execute || described.destinations.length === 0) {
      talk.answer(renderRetry(described, talk.tint))
      return described
    }
    await session.audit.start(overrides(flags, OVERRIDES))
    const source = args.source === undefined ? [] : [args.source]
    const {verification, report, problem} = await runRetry(session, flags, source)
    talk.answer(renderVerification(verification, talk.tint))
    talk.answer(renderReportNote(report, reportFiles(session), talk.tint))
    if (problem) this.failWith(report, problem)
    return report
  }
}
