import {execFileSync} from 'node:child_process'
import {closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

import {sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'
import {type Endpoint, startEndpoint} from './endpoint-process.ts'
import {failureOf} from './program.ts'
import {Scene} from './scene.ts'

/** Large enough for a few windows of entries to fill the rest of the disk. */
const MESSAGES = 3000

/** A file system of its own. Mounting needs root, as installing the brokers does. */
class SmallDisk implements AsyncDisposable {
  readonly #path: string

  constructor(path: string, megabytes: number) {
    this.#path = path
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'mqlift-test', path])
  }

  /** Leaves so many bytes. */
  fill(leave: number): void {
    const file = openSync(this.#filler, 'w')
    const block = Buffer.alloc(4096)
    try {
      for (;;) writeSync(file, block)
    } catch {
      // No space left on device.
    }
    closeSync(file)
    if (leave > 0) execFileSync('truncate', ['-s', `-${leave}`, this.#filler])
  }

  free(): void {
    rmSync(this.#filler)
  }

  get #filler(): string {
    return join(this.#path, 'filler')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve(execFileSync('umount', ['-l', this.#path]))
  }
}

const cases = [
  {major: 3, type: 'classic'},
  {major: 4, type: 'quorum'},
] as const

describe.skipIf(withoutBrokers()).concurrent.each(cases)(
  'the disk fills up: RabbitMQ $major, $type queue',
  ({major, type}) => {
    let endpoint: Endpoint
    beforeAll(async () => {
      endpoint = await startEndpoint()
    })
    afterAll(() => endpoint[Symbol.asyncDispose]())

    test('under the ledger: stops, acknowledges nothing that is not on disk, and resumes', async () => {
      const mount = mkdtempSync(join(tmpdir(), 'mqlift-disk-'))
      await using disk = new SmallDisk(mount, 24)
      await using scene = await Scene.of(MESSAGES, {
        broker: await sharedRabbitmq(major),
        endpoint,
        type,
        disk: mount,
      })
      await scene.plan()
      const {program, answer} = await scene.holding(['--archive', 'off'])
      disk.fill(96 * 1024)
      answer()
      const failure = failureOf(await program.ended)
      expect(failure).toMatchObject({exit: 6, kind: 'incomplete', reason: 'disk-full'})
      expect(failure.message).toContain(scene.work)
      const left = await scene.rest()
      expect(left).toBeGreaterThan(0)
      // Acknowledged only what the ledger holds as sent.
      expect(MESSAGES - left).toBeLessThanOrEqual((await scene.account())?.accepted ?? 0)
      disk.free()
      await scene.finish('--archive', 'off')
      expect(await scene.verdict()).toEqual([])
    })

    test('under the archive: nothing is acknowledged without being archived, and it resumes', async () => {
      await using scene = await Scene.of(500, {broker: await sharedRabbitmq(major), endpoint, type})
      await scene.plan()
      const folder = join(scene.work, 'archive')
      mkdirSync(folder, {mode: 0o700})
      await using disk = new SmallDisk(folder, 1)
      disk.fill(300 * 1024)
      const failure = failureOf(await scene.execute().ended)
      expect(failure).toMatchObject({exit: 6, kind: 'incomplete', reason: 'disk-full'})
      expect(failure.message).toContain(folder)
      expect(await scene.rest()).toBeGreaterThan(0)
      execFileSync('mount', ['-o', 'remount,size=64m', folder])
      await scene.finish()
      expect((await scene.run(['ledger', 'check', '--json']).ended).exit).toBe(0)
      expect(await scene.verdict()).toEqual([])
    })
  },
)
