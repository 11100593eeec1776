import {Flags} from '@oclif/core'
import {describe, expect, test} from 'vitest'

import {BaseCommand} from '../../src/cli/base-command.ts'
import {EXIT_CODES} from '../../src/cli/exit-codes.ts'
import {ask} from '../../src/cli/prompt.ts'
import Migrate from '../../src/commands/migrate.ts'
import {type ErrorKind, MqliftError} from '../../src/errors.ts'
import {runCommand} from '../helpers/run-command.ts'

class Probe extends BaseCommand {
  static override id = 'probe'
  static override flags = {
    fail: Flags.string(),
    bug: Flags.boolean(),
    ask: Flags.boolean(),
    count: Flags.integer(),
    partial: Flags.boolean(),
    address: Flags.string(),
  }

  async run(): Promise<object> {
    const {flags} = await this.parse(Probe)
    const {talk, signal} = this.begin(flags)
    const kind = flags.fail as ErrorKind | undefined
    const error =
      kind && new MqliftError(kind, 'said \u001B[2J no', {suggestions: ['do this'], file: 'f', line: 3})
    if (flags.partial && error) this.failWith({summary: 1}, error)
    if (error) throw error
    if (flags.bug) throw new TypeError('cannot read properties of undefined')
    if (flags.ask) await ask(talk, {question: 'Which?', instead: ['--answer id=value']})
    if (flags.address === 'abort') {
      process.emit('SIGINT')
      await new Promise((_resolve, reject) => {
        reject(signal.aborted ? new DOMException('stopped', 'AbortError') : new Error('not aborted'))
      })
    }
    talk.answer('a table')
    talk.say('next: mqlift plan')
    return {kind: 'mqlift/probe'}
  }
}

const KINDS = Object.keys(EXIT_CODES).filter((kind) => kind !== 'bug')

describe('every command', () => {
  test('prints its answer on stdout and the conversation on stderr', async () => {
    const ran = await runCommand(Probe, [])
    expect(ran).toMatchObject({exit: 0, stdout: 'a table\n', stderr: 'next: mqlift plan\n'})
  })

  test('prints exactly one JSON document with --json', async () => {
    const ran = await runCommand(Probe, ['--json'])
    expect(ran.exit).toBe(0)
    expect(ran.json()).toEqual({kind: 'mqlift/probe'})
  })

  test.each(KINDS)('%s: its exit code, the message and the next step on stderr', async (kind) => {
    const ran = await runCommand(Probe, ['--fail', kind])
    expect(ran.exit).toBe(EXIT_CODES[kind as ErrorKind])
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toContain(String.raw`said \u{1b}[2J no`)
    expect(ran.stderr).toContain('→ do this')
    expect(ran.stderr).toContain('at f:3')
  })

  test.each(KINDS)('%s: the same as one JSON document', async (kind) => {
    const ran = await runCommand(Probe, ['--fail', kind, '--json'])
    expect(ran.exit).toBe(EXIT_CODES[kind as ErrorKind])
    expect(ran.json()).toEqual({
      error: {kind, message: 'said \u001B[2J no', suggestions: ['do this'], file: 'f', line: 3},
    })
  })

  test('shows a bug with its stack', async () => {
    const ran = await runCommand(Probe, ['--bug'])
    expect(ran.exit).toBe(1)
    expect(ran.stderr).toContain('base-command.test.ts')
    const json = await runCommand(Probe, ['--bug', '--json'])
    expect(json.exit).toBe(1)
    expect(json.json()).toMatchObject({error: {kind: 'bug'}})
  })

  test.each([
    [['--colour'], /--colour/],
    [['stray'], /stray/],
    [['--count', 'many'], /count/],
    [['--dir'], /dir/],
  ])('%j is a usage error, in JSON too', async (argv, words) => {
    const ran = await runCommand(Probe, argv)
    expect(ran.exit).toBe(2)
    expect(ran.stderr).toMatch(words)
    const json = await runCommand(Probe, [...argv, '--json'])
    expect(json.exit).toBe(2)
    expect(json.json()).toMatchObject({
      error: {kind: 'usage', suggestions: [expect.stringContaining('--help')]},
    })
  })

  test('a flag that refuses its value says so in its own words', async () => {
    const ran = await runCommand(Migrate, ['--events', '-', '--json'])
    expect(ran.exit).toBe(2)
    expect(ran.json()).toEqual({
      error: {
        kind: 'usage',
        message: '--events - and --json both want stdout',
        suggestions: ['--events FILE'],
      },
    })
  })

  test('never repeats a password that somebody typed', async () => {
    const ran = await runCommand(Probe, ['amqp://u:p@canary@h/?password=canary'])
    expect(ran.stderr).toContain('amqp://u@h/')
    expect(ran.stderr).not.toContain('canary')
  })

  test('a verdict brings its evidence along', async () => {
    const ran = await runCommand(Probe, ['--fail', 'threshold', '--partial', '--json'])
    expect(ran.json()).toMatchObject({summary: 1, error: {kind: 'threshold'}})
  })

  test('refuses a question when nobody can answer, naming the flag', async () => {
    const ran = await runCommand(Probe, ['--ask', '--json'])
    expect(ran.exit).toBe(5)
    expect(ran.json()).toMatchObject({error: {kind: 'refused', suggestions: ['--answer id=value']}})
  })

  test('turns what a first Ctrl-C stopped into exit 130', async () => {
    const ran = await runCommand(Probe, ['--address', 'abort'])
    expect(ran.exit).toBe(130)
    expect(ran.stderr).toContain('finishing what is in flight')
    expect(ran.stderr).toContain('run the same command again')
    expect(process.listenerCount('SIGINT')).toBe(0)
  })

  test('colours nothing that is not a terminal, and nothing under NO_COLOR', async () => {
    const plain = await runCommand(Probe, ['--fail', 'input'])
    expect(plain.stderr).toContain('input: said')
    const forced = await runCommand(Probe, ['--fail', 'input'], {FORCE_COLOR: '1'})
    expect(forced.stderr).toContain('\u001B[31minput:')
    const off = await runCommand(Probe, ['--fail', 'input'], {FORCE_COLOR: '1', NO_COLOR: '1'})
    expect(off.stderr).toContain('input: said')
    const flag = await runCommand(Probe, ['--fail', 'input', '--no-color'], {FORCE_COLOR: '1'})
    expect(flag.stderr).toContain('input: said')
  })
})
