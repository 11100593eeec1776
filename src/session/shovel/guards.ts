import type {Guard} from '../../cli/render/plan.ts'
import {MqliftError} from '../../errors.ts'
import type {Body} from '../../model/artefact.ts'
import type {Config} from '../../model/decisions.ts'
import type {Plan} from '../../model/plan.ts'
import {OF_TARGET} from '../../protocols/broker-options.ts'
import {assertTellable} from '../../sources/index.ts'
import type {MoveFlags} from '../mover.ts'
import {notForShovels} from './ends.ts'

/** What nobody can ask of a shovel, and why. */
const CANNOT = {
  bridge: 'it ends with what waits: a bridge is moved by mqlift',
  rehearse: 'it takes the messages it moves: a rehearsal copies',
  rate: 'it cannot be slowed down',
  window: 'its broker decides how much is under way',
  quarantine: 'no message passes through mqlift that could be set aside',
  'skip-failed': 'it knows no groups',
  identity: 'it keeps no account of single messages',
  events: 'no message passes through mqlift that could be told of',
} as const satisfies Partial<Record<keyof MoveFlags | 'rehearse', string>>

type Asked = MoveFlags & {readonly rehearse?: boolean}

/** Throws MqliftError `usage` for a flag that a shovel would not follow. */
export function refuseForShovels(flags: Asked): void {
  const asked = Object.entries(CANNOT).find(([name]) => isSet(flags, name))
  if (asked) throw cannot(`--${asked[0]}`, asked[1])
  if (flags.until === 'sentinel')
    throw cannot('--until sentinel', 'it stops at no message: --until mark stops at a number')
}

function isSet(flags: Asked, name: string): boolean {
  const value: unknown = new Map<string, unknown>(Object.entries(flags)).get(name)
  return value !== undefined && value !== false
}

const cannot = (flag: string, why: string): MqliftError =>
  new MqliftError('usage', `${flag} does not go with --engine shovel: ${why}`, {
    suggestions: [`leave ${flag} away`, 'or leave --engine shovel away'],
  })

/** Moves that a shovel cannot make. */
export function shovelGuard(plan: Pick<Body<Plan>, 'moves'>): Guard | undefined {
  const [first, ...others] = notForShovels(plan)
  if (!first) return undefined
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  return {
    reason: 'not-for-shovels',
    because: `${first.source} goes to ${first.platform}${more}: a shovel moves from RabbitMQ to RabbitMQ alone`,
    suggestion: 'choose queues with --only and --except, and move the others without --engine shovel',
  }
}

interface Known {
  /** Of the broker that is moved from; null = not read. */
  readonly version: string | null
  readonly broker: string | undefined
  readonly allowPlaintext: boolean
}

/** Whether the broker that runs them may be told the password of the other end. Asks nobody. */
export function tellingGuard(
  {shovel, brokers}: Pick<Config, 'shovel' | 'brokers'>,
  {version, broker, allowPlaintext}: Known,
): Guard | undefined {
  const target = brokers['amazon-mq-rabbitmq']
  // Which of the two is missing is said when they are opened.
  if (target?.address === undefined || broker === undefined) return undefined
  const ofTarget = {address: target.address, allowPlaintext: false, words: OF_TARGET}
  const far = shovel.at === 'source' ? ofTarget : {address: broker, allowPlaintext}
  const runsOn = shovel.at === 'source' ? version : (target.version ?? null)
  try {
    assertTellable({...far, uri: shovel.uri}, runsOn)
    return undefined
  } catch (error) {
    if (!(error instanceof MqliftError)) throw error
    const {message, reason = 'refused', suggestions} = error
    return {reason, because: message, suggestion: suggestions.join('; ')}
  }
}

/** What an operator gives up, and what is written where, before anything is. */
export const shovelNotes = ({shovel: {at}}: Pick<Config, 'shovel'>): string[] => [
  `shovels run at the ${at}: until each has ended, whoever may read parameters there can read the password of the other end`,
  'no ledger and no archive: what arrived is known by counts alone (consistent, never proved), and there is no rollback',
  'a message with a user_id of its own stops its shovel, and one with CC headers is published to those queues again',
]
