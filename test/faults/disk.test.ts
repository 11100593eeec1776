import {spawnSync} from 'node:child_process'
import {readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {openArchive} from '../../src/archive/archive.ts'
import {readArchive} from '../../src/archive/read.ts'
import {openLedger, readLedger} from '../../src/ledger/open.ts'
import {checkLedger} from '../../src/stages/check-ledger.ts'
import {RUN} from '../fakes/world.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const CHILD = join(import.meta.dirname, 'disk-child.ts')

interface Said {
  readonly lines: readonly string[]
  /** Entries that the child was told are on disk, by word. */
  readonly of: (word: string) => number[]
  readonly signal: NodeJS.Signals | null
  readonly status: number | null
}

interface ChildOptions {
  /** A command that runs the child. */
  readonly under?: readonly string[]
  readonly folder: string
  readonly archive?: string
  readonly rounds?: number
}

function runChild({under = [], folder, archive = join(folder, 'archive'), rounds = 40}: ChildOptions): Said {
  const command = [...under, process.execPath, CHILD, folder, archive, String(rounds)]
  const {stdout, signal, status, stderr} = spawnSync(String(command[0]), command.slice(1), {encoding: 'utf8'})
  const lines = stdout.trim().split('\n')
  if (!lines.includes('ready')) throw new Error(`the child did not start: ${stderr}${stdout}`)
  const of = (word: string) =>
    lines
      .filter((line) => line.startsWith(`${word} `))
      .flatMap((line) => line.split(' ').slice(1).map(Number))
      .toSorted((a, b) => a - b)
  return {lines, of, signal, status}
}

/** `when` counts per thread: the archive is written by four. */
const strace = (inject: string, path: string): string[] =>
  `strace -f -qq -o /dev/null -e trace=${inject.split(':')[0]} -e inject=${inject} -P`.split(' ').concat(path)

/** Whatever happened: the account adds up, and nothing that was said to be on disk is missing. */
async function expectKept(folder: string, said: Said, archive = join(folder, 'archive')): Promise<void> {
  {
    await using ledger = await openLedger(join(folder, 'ledger.db'), RUN, {reserveBytes: 4096})
    expect(await ledger.damage()).toEqual([])
    const states = new Map(Array.from(ledger.entries('m'), ({seq, state}) => [seq, state]))
    for await (const {seq} of ledger.folded()) states.set(seq, 'settled')
    const recorded = said.of('recorded')
    expect(recorded.filter((seq) => !['sent', 'settled'].includes(states.get(seq) ?? 'gone'))).toEqual([])
    expect(said.of('claimed').filter((seq) => !states.has(seq))).toEqual([])
    await using reopened = await openArchive(archive)
    expect(reopened.folder).toBe(archive)
  }
  const archived = new Set<number>()
  for await (const {seq} of readArchive(archive)) archived.add(seq)
  expect(said.of('archived').filter((seq) => !archived.has(seq))).toEqual([])
  await using ledger = await readLedger(join(folder, 'ledger.db'))
  expect(await checkLedger(ledger, archive)).toMatchObject({sound: true})
}

describe('killed at a sync', () => {
  test.each([1, 2, 3, 4, 5, 6, 9, 14])('of the ledger, number %i', async (when) => {
    const folder = await tempFolder()
    const under = strace(`fsync:signal=KILL:when=${when + 6}`, join(folder, 'ledger.db-wal'))
    const said = runChild({folder, under})
    expect(said.lines.at(-1)).not.toBe('done')
    await expectKept(folder, said)
  })

  test.each([2, 3, 4])('of the archive, number %i', async (when) => {
    const folder = await tempFolder()
    const path = join(folder, 'archive/000001.segment')
    const said = runChild({folder, under: strace(`fdatasync:signal=KILL:when=${when}`, path)})
    expect(said.lines.at(-1)).not.toBe('done')
    await expectKept(folder, said)
  })
})

describe('a disk that reports an error', () => {
  test('under the ledger: fatal, nothing is recorded after it, and it is not tried again', async () => {
    const folder = await tempFolder()
    const said = runChild({folder, under: strace('fsync:error=EIO:when=12+', join(folder, 'ledger.db-wal'))})
    expect(said.lines.at(-1)).toBe('failed incomplete disk-error')
    expect(said.status).toBe(6)
    await expectKept(folder, said)
  })

  test('under the archive: nothing is recorded without it', async () => {
    const folder = await tempFolder()
    const path = join(folder, 'archive/000001.segment')
    const said = runChild({folder, under: strace('fdatasync:error=EIO:when=3', path)})
    expect(said.lines.at(-1)).toBe('failed incomplete disk-error')
    expect(said.of('recorded')).toEqual(said.of('archived'))
    await expectKept(folder, said)
  })
})

/** A file system of its own, seen by the child only; what it left there is copied to `<path>-after`. */
const onSmallDisk = (path: string, size: string): string[] => {
  const script = `mount -t tmpfs -o size=${size} tmpfs "${path}" && "$@"; status=$?; cp -a "${path}/." "${path}-after"; exit $status`
  return ['unshare', '-rm', 'sh', '-c', script, 'sh']
}

describe('a full disk', () => {
  test('of the ledger: what is in flight is recorded with the reserve, nothing new is claimed', async () => {
    const folder = await tempFolder()
    const [small, archive] = [join(folder, 'small'), join(folder, 'archive')]
    await mkdir(small)
    await mkdir(`${small}-after`)
    const under = onSmallDisk(small, '1200k')
    const said = runChild({under, folder: small, archive, rounds: 2000})
    expect(said.lines.at(-1)).toBe('failed incomplete disk-full')
    expect(said.status).toBe(6)
    expect(said.of('recorded')).toEqual(said.of('claimed'))
    // The folder is moved to a larger disk, and the run resumed.
    await expectKept(`${small}-after`, said, archive)
  })

  test('of the archive: stops, and nothing is recorded without it', async () => {
    const folder = await tempFolder()
    const small = join(folder, 'small')
    await mkdir(small)
    await mkdir(`${small}-after`)
    const said = runChild({under: onSmallDisk(small, '200k'), folder, archive: small})
    expect(said.lines.at(-1)).toBe('failed incomplete disk-full')
    expect(said.of('recorded')).toEqual(said.of('archived'))
    await expectKept(folder, said, `${small}-after`)
  })
})

describe('a torn tail, as a power cut leaves it', () => {
  test('of the archive: NULs behind the last whole record are cut, and writing goes on', async () => {
    const folder = await tempFolder()
    const said = runChild({folder})
    const path = join(folder, 'archive/000001.segment')
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(700)]))
    await expectKept(folder, said)
    await using archive = await openArchive(join(folder, 'archive'))
    await archive.append([{seq: 9001, head: Buffer.from([1]), body: Buffer.alloc(0)}])
    expect(statSync(path).size).toBeLessThan(readFileSync(path).length + 1)
  })

  test('of the digests: what the ledger did not commit is cut', async () => {
    const folder = await tempFolder()
    const said = runChild({folder})
    const digests = join(folder, 'ledger.digests')
    const path = join(digests, readdirSync(digests)[0] ?? '')
    const {size} = statSync(path)
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(99)]))
    await expectKept(folder, said)
    expect(statSync(path).size).toBe(size)
  })

  test('of the digests: less than was committed is damage, and refused', async () => {
    const folder = await tempFolder()
    runChild({folder})
    const digests = join(folder, 'ledger.digests')
    const [segment = ''] = readdirSync(digests)
    writeFileSync(join(digests, segment), readFileSync(join(digests, segment)).subarray(0, 100))
    const opening = openLedger(join(folder, 'ledger.db'), RUN)
    await expect(opening).rejects.toMatchObject({kind: 'input', reason: 'ledger-damaged'})
    rmSync(folder, {recursive: true})
  })
})
