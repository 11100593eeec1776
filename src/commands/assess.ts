import {Args, Flags} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {preferFlag, sourceFlags} from '../cli/flags.ts'
import {renderAssessment} from '../cli/render/assessment.ts'
import {ours} from '../cli/shell.ts'
import {crossed} from '../cli/threshold.ts'
import {assessSources} from '../session/assess.ts'
import {openSession} from '../session/session.ts'

export default class Assess extends BaseCommand {
  static override summary = 'Score every queue and exchange against Amazon MQ and SQS/SNS.'
  static override description =
    'Given a broker or export files, inspects them first; otherwise assesses what the migration folder holds.'
  static override examples = [
    '<%= config.bin %> assess amqp://localhost --dir move',
    '<%= config.bin %> assess definitions.json --dir move --prefer cloud-native --fail-on blocker',
  ]
  static override args = {
    source: Args.string({
      description: 'Broker address, export files, or an inventory.json.',
      multiple: true,
      required: false,
    }),
  }
  static override flags = {
    ...preferFlag,
    'fail-on': Flags.option({
      summary: 'Exit 7 when a destination has no platform left, or would lose something.',
      options: ['blocker', 'lossy'] as const,
    })(),
    'min-score': Flags.integer({summary: 'Exit 7 when a recommendation scores less.', min: 0, max: 100}),
    'max-unknown': Flags.integer({summary: 'Exit 7 when more per cent are unknown.', min: 0, max: 100}),
    ...sourceFlags,
  }

  async run() {
    const {args, flags} = await this.parse(Assess)
    const session = openSession(this.begin(flags))
    const assessment = await assessSources(session, flags, args.source ?? [])
    session.talk.answer(renderAssessment(assessment, session.talk.tint))
    const threshold = crossed(assessment, flags)
    if (threshold) this.failWith(assessment, threshold)
    session.talk.say(`next: ${ours(session, 'plan')}`)
    return assessment
  }
}
