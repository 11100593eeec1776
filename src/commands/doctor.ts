import {Flags} from '@oclif/core'

import {BaseCommand} from '../cli/base-command.ts'
import {addressArg, awsFlags, sourceFlags} from '../cli/flags.ts'
import {renderCheck, renderCounts} from '../cli/render/doctor.ts'
import {MqliftError} from '../errors.ts'
import {examine} from '../session/doctor.ts'
import {openSession} from '../session/session.ts'

export default class Doctor extends BaseCommand {
  static override summary = 'Check connections, rights, versions and this machine.'
  static override description =
    'Changes nothing. Every check has an id, what it saw, and a fix. Ids: docs/doctor.md. Exit 0 unless one failed.'
  static override examples = [
    '<%= config.bin %> doctor amqps://ops@rabbit.corp/ --region eu-central-1',
    "<%= config.bin %> doctor amqps://ops@rabbit.corp/ --only 'rights.*' --json",
  ]
  static override args = {...addressArg}
  static override flags = {
    ...sourceFlags,
    region: awsFlags.region,
    endpoint: awsFlags.endpoint,
    only: Flags.string({
      summary: 'Only checks whose id matches (glob, repeatable).',
      multiple: true,
      multipleNonGreedy: true,
    }),
    except: Flags.string({
      summary: 'Leave out checks that match (glob, repeatable).',
      multiple: true,
      multipleNonGreedy: true,
    }),
  }

  async run() {
    const {args, flags} = await this.parse(Doctor)
    const session = openSession(this.begin(flags))
    const given = args.source === undefined ? [] : [args.source]
    const {talk} = session
    const checkup = await examine(session, flags, {
      given,
      onResult: (result) => talk.answer(renderCheck(result, talk.tint)),
    })
    talk.answer(renderCounts(checkup.counts))
    const wrong = checkup.checks.filter(({outcome}) => outcome === 'failed')
    if (wrong.length > 0) this.failWith(checkup, failure(wrong.map(({id}) => id)))
    return checkup
  }
}

/** Exit 4 when something cannot be reached or signed in to, else 6. */
function failure(ids: readonly string[]): MqliftError {
  const unreachable = ids.some((id) => /\.(?:protocol|tls|login|identity|endpoint)$/.test(id))
  return new MqliftError(unreachable ? 'unreachable' : 'incomplete', `failed: ${ids.join(', ')}`, {
    reason: 'checks-failed',
    suggestions: ['each failed check names its fix; docs/doctor.md explains them'],
  })
}
