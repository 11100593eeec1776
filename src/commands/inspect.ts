import {Args} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {sourceFlags} from '../cli/flags.ts'
import {renderInventory} from '../cli/render/inventory.ts'
import {ours} from '../cli/shell.ts'
import {inspectSources} from '../session/inspect.ts'
import {openSession} from '../session/session.ts'

export default class Inspect extends BaseCommand {
  static override summary = 'Read what is on a broker, or in its export files.'
  static override description =
    'Reads only. What could not be read is listed with the right that was missing, never taken as absent.'
  static override examples = [
    '<%= config.bin %> inspect amqp://localhost --dir move',
    '<%= config.bin %> inspect definitions.json other-vhost.json --dir move',
  ]
  static override args = {
    source: Args.string({description: 'Broker address or export files.', multiple: true}),
  }
  static override flags = {...sourceFlags}

  async run() {
    const {args, flags} = await this.parse(Inspect)
    const session = openSession(this.begin(flags))
    const {inventory, observation} = await inspectSources(session, flags, args.source ?? [])
    session.talk.answer(renderInventory(inventory, observation, session.talk.tint))
    session.talk.say(`next: ${ours(session, 'assess')}`)
    return inventory
  }
}
