import {MqliftError} from '../../errors.ts'
import type {Drift, Resource} from '../../model/deployment.ts'
import {parseId} from '../../model/id.ts'
import type {Move, Step} from '../../model/plan.ts'
import {isScratch} from '../../model/scratch.ts'
import {visible} from '../../model/visible.ts'
import type {Amqp1Connection} from '../../protocols/amqp1/connect.ts'
import {SendingLink} from '../../protocols/amqp1/link.ts'
import type {ConnectedPlatform, Count, Found, Provisioned, ProvisionOptions, Target} from '../target.ts'
import {activemqEncoder} from './encode.ts'
import type {ActivemqEndpoint} from './endpoint.ts'
import {Inquiry} from './inquiry.ts'
import {LinkKeeper} from './link-keeper.ts'
import {SCRATCH_STEP} from './scratch-step.ts'
import {drainScratch, emptyScratch, makeScratch, removeScratch} from './scratch.ts'
import {ActivemqConfigurationSettings} from './steps.ts'
import {ActivemqWriter} from './writer.ts'

interface Control {
  readonly opened: Amqp1Connection
  readonly inquiry: Inquiry
}

/** Of a question that must be answered; each waits as long as inquiry.ts says. */
const ATTEMPTS = 3

type Result = Provisioned | {resource: null; drift: Drift[]; writes: 0}

/** One broker. Questions share a connection; every move has one of its own, because a broker serves one at a time. */
export class ActivemqConnection implements ConnectedPlatform {
  readonly #endpoint: ActivemqEndpoint
  #control: Promise<Control> | undefined
  /** Set when the configuration was looked at in this session. */
  #replies: ActivemqConfigurationSettings['replies'] = []
  #saidUncounted = false

  constructor(endpoint: ActivemqEndpoint) {
    this.#endpoint = endpoint
  }

  async provision(step: Step, options: ProvisionOptions, signal: AbortSignal): Promise<Result> {
    if (step.do === 'activemq-configuration') return this.#configuration(step, signal)
    if (step.do === 'activemq-queue') return this.#queue(step, options, signal)
    if (step.do === SCRATCH_STEP) return this.#scratch(step, options, signal)
    throw new Error(`ActiveMQ has no step ${step.do}`)
  }

  async count(resource: Resource, signal: AbortSignal): Promise<Count | null> {
    const name = queueOf(resource)
    const {inquiry} = await this.#asked(signal)
    const counted = await inquiry.queue(name)
    if (typeof counted !== 'string') return counted
    if (counted === 'no such queue') return null
    if (!this.#saidUncounted)
      this.#endpoint.say(
        `${this.#endpoint.display} does not say how many messages its queues hold (no statisticsBrokerPlugin): counts are left out`,
      )
    this.#saidUncounted = true
    return null
  }

  async open(move: Move, resource: Resource, signal: AbortSignal): Promise<Target> {
    const {opened} = await this.#asked(signal)
    assertClassic(opened)
    const links = new LinkKeeper({endpoint: this.#endpoint, address: `queue://${queueOf(resource)}`})
    // Before the first message, so that a missing right stops the lane and not every message.
    await links.link(signal)
    return new ActivemqWriter({
      links,
      encode: activemqEncoder({
        replyQueue: this.#replyQueues(parseId(move.source).vhost),
        expires: !isScratch(queueOf(resource)),
      }),
    })
  }

  drain(resource: Resource, signal: AbortSignal): AsyncGenerator<Found, void> {
    return drainScratch(this.#endpoint, queueOf(resource), signal)
  }

  async remove(step: Step, signal: AbortSignal): Promise<boolean> {
    if (step.do !== SCRATCH_STEP) return false
    try {
      await removeScratch(this.#endpoint, step.name, signal)
    } catch (error) {
      if (!isScratch(step.name) || signal.aborted) throw error
      const {inquiry} = await this.#asked(signal)
      const counted = await inquiry.queue(step.name)
      // Somebody deleted it by hand because we could not. Whoever attaches to it would make it again.
      if (counted === 'no such queue') return false
      if (typeof counted !== 'string') await this.#empty(step.name, error, signal)
      throw error
    }
    return true
  }

  /** Copies of messages do not stay in what cannot be deleted; when they do, both reasons are told. */
  async #empty(queue: string, undeleted: unknown, signal: AbortSignal): Promise<void> {
    try {
      await emptyScratch(this.#endpoint, queue, signal)
    } catch (error) {
      if (!(undeleted instanceof MqliftError)) throw error
      const {kind, message, reason, suggestions} = undeleted
      const why = error instanceof Error ? error.message : String(error)
      throw new MqliftError(kind, `${message}; nor could it be emptied: ${why}`, {
        cause: error,
        suggestions,
        ...(reason !== undefined && {reason}),
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const control = await this.#control?.catch(() => undefined)
    control?.opened.close()
  }

  #replyQueues(vhost: string): (name: string) => string | undefined {
    const known = new Map(
      this.#replies.flatMap(([where, name, queue]) => (where === vhost ? [[name, queue] as const] : [])),
    )
    return (name) => known.get(name)
  }

  /** Asked of the broker, since AWS alone can change it: engine, version, and how it turns AMQP into JMS. */
  async #configuration(step: Step, signal: AbortSignal): Promise<Provisioned> {
    const settings = ActivemqConfigurationSettings.parse(step.settings)
    const {opened} = await this.#asked(signal)
    assertClassic(opened)
    if (settings.consumers === 'openwire' && !(await this.#convertsToJms(signal))) throw this.#opaque()
    this.#replies = settings.replies
    const found = opened.version?.split('.').slice(0, 2).join('.') ?? 'unknown'
    const drift =
      found === settings.version
        ? []
        : [{step: step.id, attribute: 'version', wanted: settings.version, found}]
    return {resource: this.#resource(step, {queue: null, origin: 'found', createdAt: null}), drift, writes: 0}
  }

  /** No answer is no yes: it is asked again, on a new connection if that one is gone, and then given up. */
  async #convertsToJms(signal: AbortSignal): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      signal.throwIfAborted()
      const {inquiry} = await this.#asked(signal)
      const converts = await inquiry.convertsToJms()
      if (converts !== null) return converts
    }
    throw this.#unsaid()
  }

  async #scratch(step: Step, {execute}: ProvisionOptions, signal: AbortSignal): Promise<Result> {
    if (!execute) return this.#missing(step)
    await makeScratch(this.#endpoint, step.name, signal)
    return this.#found(step, 'created', 1)
  }

  async #queue(step: Step, {execute}: ProvisionOptions, signal: AbortSignal): Promise<Result> {
    const {opened, inquiry} = await this.#asked(signal)
    const found = await inquiry.queue(step.name)
    const known = typeof found !== 'string'
    if (known) return this.#found(step, 'found', 0)
    if (!execute) return this.#missing(step)
    // The broker makes a queue when somebody attaches to it.
    const link = await SendingLink.open(opened, `queue://${step.name}`, signal)
    link.detach()
    return this.#found(
      step,
      found === 'no such queue' ? 'created' : 'adopted',
      found === 'no such queue' ? 1 : 0,
    )
  }

  #missing({id, name}: Step): Result {
    const drift: Drift = {step: id, attribute: 'exists', wanted: name, found: null}
    return {resource: null, drift: [drift], writes: 0}
  }

  #found(step: Step, origin: Resource['origin'], writes: number): Provisioned {
    const createdAt = origin === 'created' ? new Date().toISOString() : null
    return {resource: this.#resource(step, {queue: step.name, origin, createdAt}), drift: [], writes}
  }

  #resource(
    step: Step,
    {queue, origin, createdAt}: {queue: string | null} & Pick<Resource, 'origin' | 'createdAt'>,
  ): Resource {
    const path = queue === null ? '' : `/${queue}`
    // Pinned by the ledger: another list of hosts of one broker is no other queue.
    const name = `activemq:${this.#endpoint.identity}${path}`
    return {
      step: step.id,
      platform: 'amazon-mq-activemq',
      arn: name,
      address: name,
      createdAt,
      readyAt: new Date(0).toISOString(),
      origin,
      evidence: 'confirm',
    }
  }

  async #asked(signal: AbortSignal): Promise<Control> {
    const before = this.#control
    const known = await before?.catch(() => undefined)
    if (known?.opened.connection.is_open() === true && !known.inquiry.over) return known
    // Of calls that come together only the first connects: nobody would close the connections of the others, and the
    // process would never end.
    const newer = this.#control
    if (newer !== undefined && newer !== before) return newer
    known?.opened.close()
    this.#control = this.#connect(signal)
    return this.#control
  }

  async #connect(signal: AbortSignal): Promise<Control> {
    const opened = await this.#endpoint.connect(signal)
    try {
      return {opened, inquiry: await Inquiry.open(opened.connection, signal)}
    } catch (error) {
      opened.close()
      throw error
    }
  }

  #unsaid(): MqliftError {
    return new MqliftError(
      'unreachable',
      `${this.#endpoint.display} did not say whether it turns AMQP into JMS messages: ${ATTEMPTS} messages to a temporary queue did not come back`,
      {
        reason: 'no-answer',
        suggestions: [
          'look whether its memory and store are below their limits, then run the same command again',
          'if consumers will read with AMQP 1.0 (Qpid JMS, rhea), the answer is not needed: mqlift plan --answer activemq-consumers:broker=amqp',
        ],
      },
    )
  }

  #opaque(): MqliftError {
    return new MqliftError(
      'refused',
      `${this.#endpoint.display} hands JMS consumers the bytes of a whole AMQP message instead of text, types and groups (transport.transformer=native)`,
      {
        reason: 'amqp-native',
        suggestions: [
          'on a broker of your own: transport.transformer=jms on its AMQP connector',
          'if consumers will read with AMQP 1.0 (Qpid JMS, rhea): mqlift plan --answer activemq-consumers:broker=amqp',
          'on Amazon MQ the setting is not in the configuration: ask AWS, or choose another platform in mqlift.yaml',
        ],
      },
    )
  }
}

/** `activemq:<identity of the broker>/<queue>` */
function queueOf({arn}: Resource): string {
  const slash = arn.indexOf('/')
  if (slash === -1) throw new Error(`${arn} is no queue`)
  return arn.slice(slash + 1)
}

function assertClassic({product, host, version}: Amqp1Connection): void {
  if (product === 'ActiveMQ') return
  throw new MqliftError(
    'refused',
    `${host} is not ActiveMQ Classic, which Amazon MQ runs, but ${visible(product ?? 'a broker without a name')} ${visible(version ?? '')}`.trim(),
    {
      reason: 'wrong-engine',
      suggestions: ['Check address: of amazon-mq-activemq under brokers: in mqlift.yaml'],
    },
  )
}
