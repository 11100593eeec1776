import {BaseCommand} from '../cli/base-command.ts'
import {awsFlags, decisionFlags} from '../cli/flags.ts'
import {renderPlan} from '../cli/render/plan.ts'
import {ours} from '../cli/shell.ts'
import {withAcceptances} from '../session/decide.ts'
import {undecided} from '../session/guards.ts'
import {writePlan} from '../session/plan.ts'
import {openSession} from '../session/session.ts'
import {readDecisions} from '../workspace/decisions.ts'

export default class PlanCommand extends BaseCommand {
  static override summary = 'Plan the resources and the moves; ask what only a person can answer.'
  static override description =
    'Writes plan.json and plan.md, which reads like a change request. Answers and acceptances go to decisions.yaml.'
  static override examples = [
    '<%= config.bin %> plan --dir move --region eu-central-1',
    '<%= config.bin %> plan --dir move --accept max-priority --no-input',
  ]
  static override flags = {...decisionFlags, ...awsFlags}

  async run() {
    const {flags} = await this.parse(PlanCommand)
    const session = openSession(this.begin(flags))
    const written = await writePlan(session, flags)
    const plan = withAcceptances(written, await readDecisions(session.workspace))
    const obstacles = {...undecided(plan, () => true), others: []}
    session.talk.answer(renderPlan(plan, obstacles, session))
    session.talk.say(`written: ${session.workspace.path('plan.md')} and runbook.md beside it`)
    session.talk.say(`next: read plan.md, then ${ours(session, 'migrate')}`)
    return written
  }
}
