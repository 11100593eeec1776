import {BaseCommand} from '../cli/base-command.ts'
import {
  addressArg,
  awsFlags,
  decisionFlags,
  executeFlag,
  OVERRIDES,
  selectionFlags,
  sourceFlags,
  targetFlags,
} from '../cli/flags.ts'
import {refusals} from '../cli/render/plan.ts'
import {renderRollback} from '../cli/render/rollback.ts'
import {renderVerification} from '../cli/render/verification.ts'
import {rollbackFlags} from '../cli/rollback-flags.ts'
import {describeRollback, runRollback} from '../session/rollback.ts'
import {openSession, overrides} from '../session/session.ts'

export default class Rollback extends BaseCommand {
  static override summary = 'Bring back what was moved, to the broker it came from, from the archive.'
  static override description =
    'Without --execute says what would go back and changes nothing. Ctrl-C is safe; run again to resume.'
  static override examples = [
    '<%= config.bin %> rollback --dir move',
    "<%= config.bin %> rollback --dir move --only 'orders*' --execute",
  ]
  static override args = {...addressArg}
  static override flags = {
    ...executeFlag,
    ...selectionFlags,
    accept: decisionFlags.accept,
    ...rollbackFlags,
    region: awsFlags.region,
    endpoint: awsFlags.endpoint,
    ...targetFlags,
    ...sourceFlags,
  }

  async run() {
    const {args, flags} = await this.parse(Rollback)
    const session = openSession(this.begin(flags, flags.events === '-' ? 'aside' : 'stdout'))
    const given = args.source === undefined ? [] : [args.source]
    if (!flags.execute) {
      const {body, obstacles} = await describeRollback(session, flags, given)
      session.talk.answer(renderRollback(body, obstacles, session))
      return {kind: 'mqlift/rollback', version: 1, ...body, wouldRefuse: refusals(obstacles)}
    }
    await session.audit.start(overrides(flags, OVERRIDES))
    const {rollback, verification, problem} = await runRollback(session, flags, given)
    session.talk.answer(renderRollback(rollback, null, session))
    session.talk.answer(renderVerification(verification, session.talk.tint))
    if (problem) this.failWith(rollback, problem)
    session.talk.say(`the whole account: ${session.workspace.path('rollback/report.md')}`)
    return rollback
  }
}
