import {BaseCommand} from '../../cli/base-command.ts'
import {renderLedgerCheck} from '../../cli/render/ledger-check.ts'
import {checkFolder, damaged} from '../../session/ledger-check.ts'
import {openSession} from '../../session/session.ts'

export default class LedgerCheckCommand extends BaseCommand {
  static override summary = 'Re-read the ledger and every archive segment, and match their digests.'
  static override description = 'Reads only, contacts nothing. Exit 6 when something is damaged or missing.'
  static override examples = [
    '<%= config.bin %> ledger check --dir move',
    '<%= config.bin %> ledger check --dir move --json',
  ]

  async run() {
    const {flags} = await this.parse(LedgerCheckCommand)
    const session = openSession(this.begin(flags))
    const check = await checkFolder(session)
    session.talk.answer(renderLedgerCheck(check, session.talk.tint))
    const problem = damaged(check)
    if (problem) this.failWith(check, problem)
    return check
  }
}
