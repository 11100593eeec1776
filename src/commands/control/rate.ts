import {Args} from '@oclif/core'

import {BaseCommand} from '../../cli/base-command.ts'
import {renderControl} from '../../cli/render/control.ts'
import {MqliftError} from '../../errors.ts'
import {control} from '../../session/control.ts'
import {openSession} from '../../session/session.ts'

export default class ControlRate extends BaseCommand {
  static override summary = 'Change how many messages a second the running migrate sends at most.'
  static override description =
    'Over all moves together, until that migrate ends. Exit 4 when none runs in the folder.'
  static override examples = [
    '<%= config.bin %> control rate 200 --dir move',
    '<%= config.bin %> control rate none --dir move',
  ]
  static override args = {
    limit: Args.string({required: true, description: 'A whole number of messages a second, or none.'}),
  }

  async run() {
    const {args, flags} = await this.parse(ControlRate)
    const session = openSession(this.begin(flags))
    const status = await control(session, {do: 'rate', perSecond: perSecond(args.limit)})
    session.talk.answer(renderControl(status, session.talk.tint))
    return status
  }
}

function perSecond(limit: string): number | null {
  if (limit === 'none') return null
  if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit)
  throw new MqliftError('usage', `${limit} is no number of messages a second`, {
    suggestions: ['mqlift control rate 200', 'mqlift control rate none, for no limit'],
  })
}
