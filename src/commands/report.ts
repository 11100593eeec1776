import {BaseCommand} from '../cli/base-command.ts'
import {renderReportNote} from '../cli/render/report.ts'
import {reportFiles, writeReport} from '../session/report.ts'
import {openSession} from '../session/session.ts'

export default class ReportCommand extends BaseCommand {
  static override summary = 'Put everything in the migration folder into one report.'
  static override description =
    'Writes report.json and report.md, which have the same content. Judges nothing anew.'
  static override examples = ['<%= config.bin %> report', '<%= config.bin %> report --dir move --json']

  async run() {
    const {flags} = await this.parse(ReportCommand)
    const session = openSession(this.begin(flags))
    const report = await writeReport(session)
    session.talk.answer(renderReportNote(report, reportFiles(session), session.talk.tint))
    return report
  }
}
