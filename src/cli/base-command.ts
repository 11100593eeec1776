import {randomUUID} from 'node:crypto'
import {hostname, userInfo} from 'node:os'

import {Command, Flags, type Interfaces} from '@oclif/core'

import {MqliftError} from '../errors.ts'
import {laidOut} from '../model/laid-out.ts'
import {packed} from '../model/packed.ts'
import {colorFor} from './color.ts'
import {EXIT_CODES} from './exit-codes.ts'
import {failureOf, failureText} from './failure.ts'
import {redacted} from './redact.ts'
import {DEFAULT_DIR} from './shell.ts'
import {interruptible} from './signals.ts'
import {type Talk, talk} from './talk.ts'

export interface GlobalFlags {
  readonly dir: string
  readonly 'no-color': boolean
  readonly 'no-input': boolean
}

/** What a command hands down: time, randomness and the environment are read here and nowhere below. */
export interface Context {
  readonly dir: string
  readonly talk: Talk
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runId: string
  readonly user: string
  readonly host: string
  readonly tool: string
  /** The command line without secrets. */
  readonly command: readonly string[]
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Called once with the exit code, after the command has ended. */
  atEnd(done: (exit: number) => Promise<void>): void
}

/** The only inheritance of the project: global flags, the error table, `--json`, and the way a command starts. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    dir: Flags.string({
      summary: 'Migration folder.',
      default: DEFAULT_DIR,
      env: 'MQLIFT_DIR',
      helpGroup: 'GLOBAL',
    }),
    'no-color': Flags.boolean({default: false, summary: 'No colour (also: NO_COLOR).', helpGroup: 'GLOBAL'}),
    'no-input': Flags.boolean({
      default: false,
      summary: 'Never ask; refuse where an answer is missing.',
      helpGroup: 'GLOBAL',
    }),
  }

  readonly #cleanups: ((exit: number) => Promise<void>)[] = []
  readonly #colorFlag = !this.argv.includes('--no-color')
  #signal: AbortSignal | undefined
  #exit = 0
  #partial: object | undefined

  /** Starts the command: call it once, first, with the parsed flags. `aside`: stdout carries something else. */
  protected begin(flags: GlobalFlags, answers: 'stdout' | 'aside' = 'stdout'): Context {
    const conversation = this.#talk(flags['no-input'], answers)
    const interrupt = interruptible((signal) => {
      conversation.say(`${signal}: finishing what is in flight; once more to stop at once (both are safe)`)
    })
    this.#signal = interrupt.signal
    this.#cleanups.push(async () => interrupt[Symbol.dispose]())
    return {
      dir: flags.dir,
      talk: conversation,
      signal: interrupt.signal,
      env: process.env,
      runId: randomUUID(),
      user: userInfo().username,
      host: hostname(),
      tool: this.config.version,
      command: [this.config.bin, ...(this.id ?? '').split(':'), ...this.argv.map(redacted)],
      now: () => Date.now(),
      atEnd: (done) => void this.#cleanups.unshift(done),
    }
  }

  /** Fails with a result: `--json` prints it with the error inside, so that a verdict never hides its evidence. */
  protected failWith(result: object, error: MqliftError): never {
    this.#partial = result
    throw error
  }

  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    try {
      return await super.parse(options, argv)
    } catch (error) {
      throw this.#usage(error)
    }
  }

  protected override async catch(thrown: Error): Promise<never> {
    const error: unknown =
      this.#signal?.aborted && thrown.name === 'AbortError' ? this.#signal.reason : thrown
    const failure = failureOf(error)
    this.#exit = EXIT_CODES[failure.kind]
    if (this.jsonEnabled()) {
      this.logJson({...this.#partial, error: failure})
      await written(process.stdout, '')
    }
    if (!this.jsonEnabled() || failure.kind === 'bug') {
      await written(process.stderr, `${failureText(error, this.#talk(true, 'aside').color)}\n`)
    }
    throw Object.assign(asError(error), {
      oclif: {exit: EXIT_CODES[failure.kind]},
      skipOclifErrorHandling: true,
    })
  }

  protected override async finally(): Promise<void> {
    for (const done of this.#cleanups) await done(this.#exit)
  }

  /** As the files of the folder are written: an assessment of ten thousand queues is no single string. */
  override logJson(json: object): void {
    for (const pack of packed(laidOut(json))) process.stdout.write(pack)
  }

  #talk(noInput: boolean, answers: 'stdout' | 'aside'): Talk {
    const {env} = process
    const json = this.jsonEnabled()
    const stream = answers === 'aside' ? 'stderr' : 'stdout'
    const color = (tty: boolean) => colorFor({flag: this.#colorFlag, env, tty})
    const terminal = process.stdin.isTTY && process.stderr.isTTY
    return talk({
      json,
      interactive: terminal && !json && !noInput && !env['CI'],
      live: process.stderr.isTTY && !env['CI'],
      color: color(process.stderr.isTTY),
      tint: color(process[stream].isTTY),
      answers: json ? 'nowhere' : stream,
    })
  }

  #usage(error: unknown): unknown {
    if (!(error instanceof Error)) return error
    // oclif writes around the message of whatever a flag's own `parse` throws.
    const message = redacted(error.message)
      .replace(/^Parsing (--\S+)\s+/, error instanceof MqliftError ? '' : '$1: ')
      .replace(/\nSee more help.*$/s, '')
    const name = (this.id ?? '').replaceAll(':', ' ')
    const help = `see ${this.config.bin} ${name} --help`
    const suggestions = error instanceof MqliftError ? error.suggestions : [help]
    return new MqliftError('usage', message, {suggestions, cause: error})
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** A pipe may take its time, and the process is about to exit. */
function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve())
  })
}
