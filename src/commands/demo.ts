import {Flags} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {renderDemo} from '../cli/render/demo.ts'
import {startEmbeddedAws} from '../demo/embedded-aws.ts'
import {DEMO_CONFIG, demoDecisions, demoFolder, emptyDemoFolder} from '../demo/folder.ts'
import {readBack} from '../demo/read-back.ts'
import {DemoSource} from '../demo/source.ts'
import {differs, nothingToDo, runDemo} from '../session/demo-run.ts'
import {demoFiles} from '../session/report.ts'
import {openSession, type Session} from '../session/session.ts'

export default class Demo extends BaseCommand {
  static override summary = 'See a whole migration in seconds: an invented broker into embedded SQS and SNS.'
  static override description =
    'Contacts nothing outside this process and needs no AWS account. docs/demo.md says what it shows.'
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --dir somewhere --fresh']
  static override flags = {
    dir: Flags.string({summary: 'Folder of the demo.', default: './mqlift-demo'}),
    fresh: Flags.boolean({summary: 'Begin again: empties the folder of an earlier demo.'}),
  }

  async run() {
    const {flags} = await this.parse(Demo)
    const session = openSession(this.begin(flags))
    const known = (await demoFolder(session.dir)) === 'used' && !flags.fresh
    return (known ? await this.#earlier(session) : undefined) ?? this.#show(session)
  }

  async #earlier(session: Session) {
    await using source = await DemoSource.open(session.dir)
    const report = await nothingToDo(session, source)
    if (report === undefined) return undefined
    session.talk.answer('nothing to do: what can move was moved by an earlier run (--fresh begins again)\n')
    session.talk.answer(renderDemo({report, files: demoFiles(session)}, session.talk.tint))
    return report
  }

  async #show(session: Session) {
    await emptyDemoFolder(session.dir)
    await using aws = await startEmbeddedAws()
    await using broker = await DemoSource.open(session.dir)
    const decisions = demoDecisions(new Date(session.now()).toISOString())
    const {report, queues} = await runDemo(
      {...session, broker, env: aws.env},
      {...aws, config: DEMO_CONFIG, decisions},
    )
    const compared = await readBack(aws, queues, broker.acknowledged())
    session.talk.answer(
      renderDemo({report, files: demoFiles(session), readBack: compared}, session.talk.tint),
    )
    const failure = differs(report, compared)
    if (failure) this.failWith(report, failure)
    return report
  }
}
