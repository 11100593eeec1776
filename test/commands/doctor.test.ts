import {createServer, type Server} from 'node:net'

import {afterEach, beforeEach, describe, expect, test} from 'vitest'

import Doctor from '../../src/commands/doctor.ts'
import {startEmbeddedAws} from '../../src/demo/embedded-aws.ts'
import {Workspace} from '../../src/workspace/workspace.ts'
import {move, plan} from '../fakes/plan.ts'
import {runCommand} from '../helpers/run-command.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const base = async (): Promise<string[]> => ['--dir', await tempFolder(), '--no-color']

let other: Server
beforeEach(async () => {
  other = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
})
afterEach(() => void other.close())

const port = (): number => {
  const address = other.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('doctor', () => {
  test('checks the machine when nothing else is known: exit 0', async () => {
    const {exit, stdout} = await runCommand(Doctor, [...(await base()), '--only', 'machine.*'])
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^ok {7}machine\.folder/)
    expect(stdout).toMatch(/5 ok\n$/)
  })

  test('a wrong port is recognised, its dependants are skipped: exit 4', async () => {
    const argv = [`amqp://127.0.0.1:${port()}/`, '--management', `http://127.0.0.1:${port()}`]
    const {exit, stdout, stderr} = await runCommand(Doctor, [
      ...argv,
      ...(await base()),
      '--only',
      'source.*',
    ])
    expect(exit).toBe(4)
    expect(stdout).toMatch(/failed {3}source\.protocol {2}127\.0\.0\.1:\d+ speaks HTTP\n +→ .*--management/)
    expect(stdout).toMatch(/skipped {2}source\.login {2}needs source\.protocol/)
    expect(stderr).toContain('failed: source.protocol')
  })

  test('a plan with taps has its own question of rights', async () => {
    const argv = [`amqp://127.0.0.1:${port()}/`, '--management', `http://127.0.0.1:${port()}`, '--json']
    const questions = async (folder: string): Promise<unknown> => {
      const only = ['--only', 'rights.taps', '--only', 'source.protocol', '--only', 'source.login']
      const ran = await runCommand(Doctor, [...argv, '--dir', folder, '--no-color', ...only])
      return (ran.json()['checks'] as {id: string; question: string}[]).find(({id}) => id === 'rights.taps')
        ?.question
    }
    expect(await questions(await tempFolder())).toContain('make taps in vhost /')
    const folder = await tempFolder()
    const tap = {exchange: 'exchange:%2F/orders', keys: ['#'], most: 10}
    await new Workspace(folder).write('plan', plan([move({mode: 'bridge', tap})]), [])
    expect(await questions(folder)).toBe('May the user make the taps of the plan?')
  })

  test('patterns that leave no check are a usage error, and no broker is said', async () => {
    const none = await runCommand(Doctor, [...(await base()), '--only', 'nope.*'])
    expect(none.exit).toBe(2)
    expect(none.stderr).toContain('machine.disk')
    const {exit, stdout} = await runCommand(Doctor, [...(await base()), '--only', 'source.*'])
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^unknown {2}source\.protocol {2}no broker is known/)
  })

  test('--json prints the checks and the error in one document', async () => {
    const argv = [`amqp://127.0.0.1:${port()}/`, '--management', `http://127.0.0.1:${port()}`]
    const ran = await runCommand(Doctor, [...argv, ...(await base()), '--only', 'source.*', '--json'])
    expect(ran.exit).toBe(4)
    expect(ran.json()).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({id: 'source.protocol', outcome: 'failed'})]),
      counts: {failed: 1},
      error: {kind: 'unreachable', reason: 'checks-failed'},
    })
  })

  test('AWS, and what is left out', async () => {
    await using aws = await startEmbeddedAws()
    const argv = ['--region', aws.region, '--endpoint', aws.endpoint, '--except', 'machine.*', '--json']
    const ran = await runCommand(Doctor, [...argv, ...(await base())], {...aws.env})
    expect(ran.exit).toBe(0)
    const ids = (ran.json()['checks'] as {id: string}[]).map(({id}) => id)
    expect(ids).toEqual([
      'source.protocol',
      'aws.endpoint',
      'aws.identity',
      'aws.account',
      'rights.sqs',
      'rights.sns',
    ])
  })

  test('an unknown flag is a usage error: exit 2', async () => {
    expect((await runCommand(Doctor, ['--nope', ...(await base())])).exit).toBe(2)
  })
})
