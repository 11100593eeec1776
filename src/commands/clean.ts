import {Flags} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {executeFlag} from '../cli/flags.ts'
import {renderClean} from '../cli/render/clean.ts'
import {ours} from '../cli/shell.ts'
import {type CleanFlags, holdings, refusalToClean, removeHoldings} from '../session/clean.ts'
import {openSession} from '../session/session.ts'

export default class Clean extends BaseCommand {
  static override summary = 'List what holds message data, and remove it.'
  static override description =
    'Without the archive nothing can be moved back. Without the ledger nothing can be resumed or proved.'
  static override examples = [
    '<%= config.bin %> clean --dir move',
    '<%= config.bin %> clean --dir move --execute',
  ]
  static override flags = {
    ...executeFlag,
    ledger: Flags.boolean({default: false, summary: 'The ledger, too: the proof goes with it.'}),
    'quarantined-too': Flags.boolean({
      default: false,
      summary: 'Also when quarantined messages are in the archive and nowhere else: they are lost.',
    }),
  }

  async run() {
    const {flags} = await this.parse(Clean)
    const session = openSession(this.begin(flags))
    const holds = await holdings(session, flags.ledger)
    if (flags.execute && holds.length > 0) {
      await session.audit.start(said(flags))
      await removeHoldings(session, flags)
    }
    session.talk.answer(renderClean(holds, flags.execute, session.talk.tint))
    if (!flags.execute && holds.length > 0) {
      const refusal = await refusalToClean(session, flags)
      if (refusal) session.talk.warn(`--execute is refused: ${refusal.message}`)
      for (const suggestion of refusal?.suggestions ?? []) session.talk.say(suggestion)
      if (!refusal) session.talk.say(`to remove it: ${ours(session, 'clean', ...said(flags), '--execute')}`)
    }
    return {kind: 'mqlift/clean', removed: flags.execute, holds}
  }
}

const said = ({ledger, 'quarantined-too': quarantined}: CleanFlags): string[] => [
  ...(ledger ? ['--ledger'] : []),
  ...(quarantined ? ['--quarantined-too'] : []),
]
