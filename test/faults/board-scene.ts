import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

import type {z} from 'zod'

import type {Random} from '../../src/demo/random.ts'
import {Deployment} from '../../src/model/deployment.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {Plan} from '../../src/model/plan.ts'
import {Report} from '../../src/model/report.ts'
import {Rollback} from '../../src/model/rollback.ts'
import {until} from '../brokers/lab.ts'
import type {Rabbitmq} from '../brokers/rabbitmq.ts'
import {boardMessage, type BoardQueue, declare, queueId, QUEUES} from './board-estate.ts'
import type {BoardTarget} from './board-targets.ts'
import {compare, type Difference} from './checker.ts'
import {decisionsOf} from './decisions.ts'
import {expectExit, type Program, startProgram} from './program.ts'
import {SourceQueue} from './source-queue.ts'

/** What a run of the board shows of one route. */
export interface Figures extends Difference {
  readonly published: number
  /** Runs that were alive when they were killed. */
  readonly kills: number
  /** Possible repeats, as the report has them. */
  readonly reported: number
  /** As the report has it; null = a part of it could not be read. */
  readonly unexplained: number | null
  readonly proof: string
}

export interface BoardOptions {
  readonly source: Rabbitmq
  readonly target: BoardTarget
  /** Over all queues. */
  readonly messages: number
  readonly random: Random
  /** Where the migration folder is made and stays; default: a temporary one. */
  readonly keep?: string | undefined
}

/** What a producer publishes at a time, and how often. */
const BURST = {messages: 50, everyMs: 250}
/** A killed run is at work for less than this, at a rate at which three of them hardly empty the estate. */
const AT_WORK_MS = 1500
const SHARE_A_SECOND = 8

/** The change board's estate at one real broker, on its way to one target by the real program. */
export class BoardScene implements AsyncDisposable {
  readonly work: string
  readonly #options: BoardOptions
  readonly #published: ReadonlyMap<BoardQueue, Envelope[]>
  readonly #stack: AsyncDisposableStack

  private constructor(options: BoardOptions, stack: AsyncDisposableStack) {
    this.#options = options
    this.#stack = stack
    this.#published = new Map(QUEUES.map((queue) => [queue, []]))
    this.work = options.keep ?? mkdtempSync(join(tmpdir(), 'mqlift-board-'))
    mkdirSync(this.work, {recursive: true})
    if (options.keep === undefined) stack.defer(() => rmSync(this.work, {recursive: true, force: true}))
  }

  /** With messages in every queue, assessed and planned, everything answered and accepted. */
  static async of(options: BoardOptions): Promise<BoardScene> {
    await using stack = new AsyncDisposableStack()
    const scene = stack.use(new BoardScene(options, new AsyncDisposableStack()))
    await declare(options.source)
    for (const queue of QUEUES) await scene.#publish(queue, Math.round(options.messages * queue.share))
    await scene.#plan()
    stack.move()
    return scene
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #plan(): Promise<void> {
    const {source, target} = this.#options
    writeFileSync(join(this.work, 'mqlift.yaml'), JSON.stringify(target.config), {mode: 0o600})
    const from = [`amqp://127.0.0.1:${source.port}/`, '--management', source.management]
    await expectExit(this.run('assess', ...from), 0)
    await expectExit(this.run('plan', ...target.planFlags), 0)
    const decisions = decisionsOf(this.read(Plan, 'plan.json'))
    await expectExit(this.run('plan', ...decisions, ...target.planFlags), 0)
  }

  async #publish(queue: BoardQueue, messages: number): Promise<void> {
    const {published, source} = this.#at(queue)
    await using to = source
    const next = Array.from({length: messages}, (_, index) => boardMessage(queue, published.length + index))
    published.push(...(await to.send(next)))
  }

  #at(queue: BoardQueue): {published: Envelope[]; source: SourceQueue} {
    const published = this.#published.get(queue) ?? []
    return {published, source: new SourceQueue(`${this.#options.source.amqp}/${queue.vhost}`, queue.name)}
  }

  run(...argv: string[]): Program {
    return startProgram([...argv, '--dir', this.work], {env: this.#options.target.env})
  }

  /** Until every queue is empty. */
  migrate(...more: string[]): Program {
    return this.run('migrate', '--execute', '--json', ...this.#options.target.migrateFlags, ...more)
  }

  read<T extends z.ZodType>(schema: T, file: string): z.infer<T> {
    return schema.parse(JSON.parse(readFileSync(join(this.work, file), 'utf8')))
  }

  /** A producer runs while the program is killed again and again and started again; then the rest moves without it. */
  async move(kills: number): Promise<Figures> {
    const ended = new AbortController()
    const producing = this.#produce(ended.signal)
    // It is waited for below, and fails there.
    producing.catch(() => ended.abort())
    try {
      await this.#kills(kills)
      const last = this.migrate()
      await this.#moving(last)
      ended.abort()
      await expectExit(last, 0)
    } finally {
      ended.abort()
      await producing
    }
    // What was published behind the last run's back.
    await expectExit(this.migrate(), 0)
    return this.#verdict(kills)
  }

  async #kills(kills: number): Promise<void> {
    let killed = 0
    for (let attempt = 0; killed < kills && attempt < 3 * kills; attempt++) if (await this.#killed()) killed++
    if (killed === kills) return
    throw new Error(`only ${killed} of ${kills} runs were still at work when they were killed`)
  }

  async #produce(ended: AbortSignal): Promise<void> {
    const live = QUEUES.filter((queue) => queue.live)
    while (!ended.aborted) {
      for (const queue of live) await this.#publish(queue, BURST.messages)
      await sleep(BURST.everyMs)
    }
  }

  /** At a random moment after the first message arrived; false = it was done before. */
  async #killed(): Promise<boolean> {
    const {messages, random, target} = this.#options
    await this.#rest()
    const slowly = ['--rate', String(Math.ceil(messages / SHARE_A_SECOND))]
    const program = this.migrate(...(target.takesRate ? slowly : []))
    await this.#moving(program)
    await sleep(random.below(AT_WORK_MS))
    program.kill('SIGKILL')
    const {signal, exit, stderr} = await program.ended
    if (signal === null && exit !== 0) throw new Error(`a run ended with ${exit}:\n${stderr.slice(-3000)}`)
    return signal === 'SIGKILL'
  }

  /** Until more is at the target than before, or it has ended. */
  async #moving(program: Program): Promise<void> {
    const before = await this.#count()
    const state = {ended: false}
    void program.ended.finally(() => (state.ended = true))
    if (!(await until(async () => state.ended || (await this.#count()) > before, 120_000)))
      throw new Error(`nothing moved within two minutes:\n${program.stderr().slice(-3000)}`)
  }

  /** Statistics of a broker are a second late. What moves without us may never rest. */
  async #rest(): Promise<void> {
    let before = -1
    for (let look = 0; look < 5; look++) {
      const now = await this.#count()
      if (now === before) return
      before = now
      await sleep(1500)
    }
  }

  #count(): Promise<number> {
    return this.#options.target.count(this.#places())
  }

  async #verdict(kills: number): Promise<Figures> {
    const {target} = this.#options
    if (target.settles) {
      await expectExit(this.run('verify', '--wait'), 0)
      await expectExit(this.run('report'), 0)
    }
    const {proof} = this.read(Report, 'report.json')
    if (!proof) throw new Error('the report has no proof')
    const {possibleDuplicates: reported, unexplained} = proof.total
    const present = async (queue: BoardQueue) => target.take(queue, this.#placeOf(queue))
    return {...(await this.#compared(present)), kills, reported, unexplained, proof: proof.proof}
  }

  async #compared(
    present: (queue: BoardQueue) => Promise<readonly Envelope[]>,
  ): Promise<Difference & {published: number}> {
    const total = {published: 0, lost: 0, unexpected: 0, duplicated: 0}
    for (const [queue, published] of this.#published) {
      const {lost, unexpected, duplicated} = compare(published, await present(queue))
      total.published += published.length
      total.lost += lost
      total.unexpected += unexpected
      total.duplicated += duplicated
    }
    return total
  }

  /** Everything back, and what the old queues hold now against what they ever held. Empties them. */
  async back(): Promise<Figures> {
    // A queue of this estate lets messages expire: they have all their time again.
    await expectExit(this.run('rollback', '--execute', '--json', '--accept', 'way-back-ttl'), 0)
    const {total, proof, destinations} = this.read(Rollback, 'rollback/rollback.json')
    if (!total || !proof) throw new Error('nothing was brought back')
    // What was under way when a run was killed is in the archive twice.
    const twice = destinations.reduce((sum, {mayRepeat}) => sum + mayRepeat, 0)
    const present = async (queue: BoardQueue) => {
      await using source = this.#at(queue).source
      return source.left(queueId(queue))
    }
    return {
      ...(await this.#compared(present)),
      kills: 0,
      reported: total.possibleDuplicates + twice,
      unexplained: total.unexplained,
      proof,
    }
  }

  #places(): readonly Place[] {
    return QUEUES.map((queue) => this.#placeOf(queue))
  }

  #placeOf(queue: BoardQueue): Place {
    const move = this.read(Plan, 'plan.json').moves.find(({source}) => source === queueId(queue))
    if (!move) throw new Error(`${queueId(queue)} is not moved`)
    return {step: move.target, address: this.#addressOf(move.target)}
  }

  #addressOf(step: string): string | null {
    if (!existsSync(join(this.work, 'deployment.json'))) return null
    const {resources} = this.read(Deployment, 'deployment.json')
    return resources.find((resource) => resource.step === step)?.address ?? null
  }
}

/** What a queue became. */
export interface Place {
  /** Id of the plan's step. */
  readonly step: string
  /** Null before it was made. */
  readonly address: string | null
}
