import {BaseCommand} from '../cli/base-command.ts'
import {addressArg, OVERRIDES} from '../cli/flags.ts'
import {migrateFlags} from '../cli/move-flags.ts'
import {refusals, renderPlan} from '../cli/render/plan.ts'
import {renderReportNote} from '../cli/render/report.ts'
import {renderVerification} from '../cli/render/verification.ts'
import {partOf} from '../session/apply.ts'
import {runMigration} from '../session/migrate.ts'
import {prepare} from '../session/prepare.ts'
import {rehearseCommand, type Rehearsed} from '../session/rehearse-command.ts'
import {reportFiles} from '../session/report.ts'
import {openSession, overrides} from '../session/session.ts'

export default class Migrate extends BaseCommand {
  static override summary = 'Create what the plan says, move what waits, and account for every message.'
  static override description =
    'Without --execute prints the plan and changes nothing. Ctrl-C is safe; run again to resume.'
  static override examples = [
    '<%= config.bin %> migrate --dir move',
    "<%= config.bin %> migrate --dir move --only 'orders*' --execute",
  ]
  static override args = {...addressArg}
  static override flags = migrateFlags

  async run() {
    const {args, flags} = await this.parse(Migrate)
    const session = openSession(this.begin(flags, flags.events === '-' ? 'aside' : 'stdout'))
    const {talk} = session
    const given = args.source === undefined ? [] : [args.source]
    const prepared = await prepare(session, flags, given)
    if (flags.rehearse) return this.#rehearsed(await rehearseCommand(session, prepared, flags, given))
    const {plan, obstacles, notes, fresh, selected, refusal} = prepared
    for (const note of notes) talk.say(note)
    if (fresh || !flags.execute) talk.answer(renderPlan(partOf(plan, selected), obstacles, session))
    const described = {...plan, wouldRefuse: refusals(obstacles)}
    if (!flags.execute) return described
    await session.audit.start(overrides(flags, OVERRIDES))
    if (refusal) this.failWith(described, refusal)
    const {verification, report, problem, next} = await runMigration(session, prepared, flags, given)
    talk.answer(renderVerification(verification, talk.tint))
    talk.answer(renderReportNote(report, reportFiles(session), talk.tint))
    if (problem) this.failWith(report, problem)
    talk.say(`next: ${next}`)
    return report
  }

  #rehearsed({result, problem}: Rehearsed) {
    if (problem) this.failWith(result, problem)
    return result
  }
}
