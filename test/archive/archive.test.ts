import {readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {type Archive, openArchive} from '../../src/archive/archive.ts'
import {type ArchivedMessage, readArchive} from '../../src/archive/read.ts'
import {encodeHead} from '../../src/model/canonical.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {envelope} from '../fakes/plan.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const message = (
  seq: number,
  body: string | Uint8Array = `body ${seq}`,
): {seq: number; envelope: Envelope} => ({
  seq,
  envelope: envelope(body, {headers: [['n', {t: 'l', v: BigInt(seq)}]], properties: {messageId: `${seq}`}}),
})

const append = (archive: Archive, ...messages: readonly {seq: number; envelope: Envelope}[]): Promise<void> =>
  archive.append(messages.map(({seq, envelope: one}) => ({seq, head: encodeHead(one), body: one.body})))

async function everything(folder: string): Promise<ArchivedMessage[]> {
  const found: ArchivedMessage[] = []
  for await (const one of readArchive(folder)) found.push(one)
  return found
}

const upTo = (count: number): ReturnType<typeof message>[] =>
  Array.from({length: count}, (_, index) => message(index + 1))

/** Several closed segments and an open one. */
async function filled(count = 60): Promise<string> {
  const folder = join(await tempFolder(), 'archive')
  await using archive = await openArchive(folder, {segmentBytes: 1000})
  for (const one of upTo(count)) await append(archive, one)
  return folder
}

const segments = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.segment'))
    .toSorted()

describe('what is archived', () => {
  test('can be read back, in order, over any number of segments', async () => {
    const folder = await filled()
    expect(segments(folder).length).toBeGreaterThan(4)
    expect(await everything(folder)).toEqual(
      upTo(60).map((one) => ({...one, envelope: expect.objectContaining({headers: one.envelope.headers})})),
    )
  })

  test('bodies of any size and content come back as they were', async () => {
    const folder = join(await tempFolder(), 'archive')
    const bodies = [
      Buffer.alloc(0),
      Buffer.alloc(3_000_000, 7),
      Buffer.from([0, 255]),
      Buffer.alloc(1_048_576, 'x'),
    ]
    {
      await using archive = await openArchive(folder)
      await append(archive, ...bodies.map((body, index) => message(index, body)))
    }
    const found = await everything(folder)
    expect(
      found.map(({envelope: one}, index) => Buffer.from(one.body).equals(bodies[index] ?? Buffer.alloc(1))),
    ).toEqual([true, true, true, true])
  })

  test('calls that overlap are all on disk when they resolve', async () => {
    const folder = join(await tempFolder(), 'archive')
    await using archive = await openArchive(folder)
    await Promise.all(upTo(200).map((one) => append(archive, one)))
    expect(new Set((await everything(folder)).map(({seq}) => seq)).size).toBe(200)
  })

  test('is its owner’s alone', async () => {
    const folder = await filled()
    const modes = readdirSync(folder).map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8))
    expect(new Set(modes)).toEqual(new Set(['600']))
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700')
  })

  test('writing goes on in the open segment, and the chain stays whole', async () => {
    const folder = await filled(10)
    for (const seq of [11, 12, 13]) {
      await using archive = await openArchive(folder, {segmentBytes: 1000})
      await append(archive, message(seq))
    }
    expect((await everything(folder)).map(({seq}) => seq)).toEqual(upTo(13).map(({seq}) => seq))
  })
})

describe('after a crash', () => {
  test.each([1, 7, 20, 41])('a record cut %i bytes short is cut away, and no other', async (cut) => {
    const folder = await filled(9)
    const path = join(folder, segments(folder).at(-1) ?? '')
    writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size - cut))
    {
      await using archive = await openArchive(folder)
      await append(archive, message(100))
    }
    const seqs = (await everything(folder)).map(({seq}) => seq)
    expect(seqs).toEqual([...upTo(seqs.length - 1).map(({seq}) => seq), 100])
    expect(seqs.length).toBeGreaterThanOrEqual(8)
  })

  test('a bit that flipped before the end is damage, and nothing is cut away', async () => {
    const folder = join(await tempFolder(), 'archive')
    {
      await using archive = await openArchive(folder)
      for (const one of upTo(9)) await append(archive, one)
    }
    const path = join(folder, segments(folder).at(-1) ?? '')
    const bytes = readFileSync(path)
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    writeFileSync(path, bytes)
    await expect(openArchive(folder)).rejects.toMatchObject({reason: 'archive-damaged'})
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  test('NULs behind the last record, as after a power cut, are cut away', async () => {
    const folder = await filled(9)
    const path = join(folder, segments(folder).at(-1) ?? '')
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(280)]))
    {
      await using archive = await openArchive(folder)
      await append(archive, message(100))
    }
    expect((await everything(folder)).map(({seq}) => seq)).toEqual([...upTo(9).map(({seq}) => seq), 100])
  })

  test('a segment that was made and not yet written is taken up', async () => {
    const folder = await filled(60)
    const last = segments(folder).at(-1) ?? ''
    const before = (await everything(folder)).length
    writeFileSync(join(folder, last), '')
    {
      await using archive = await openArchive(folder)
      await append(archive, message(100))
    }
    const seqs = (await everything(folder)).map(({seq}) => seq)
    expect(seqs.at(-1)).toBe(100)
    expect(seqs.length).toBeLessThanOrEqual(before + 1)
  })

  test('a segment that was closed and not yet named is named', async () => {
    const folder = await filled(60)
    rmSync(join(folder, segments(folder).at(-1) ?? ''))
    const manifest = join(folder, 'manifest.jsonl')
    const lines = readFileSync(manifest, 'utf8').split('\n')
    writeFileSync(manifest, `${lines.slice(0, -2).join('\n')}\n{"torn`)
    const before = (await everything(folder)).length
    {
      await using archive = await openArchive(folder)
      await append(archive, message(100))
    }
    expect((await everything(folder)).length).toBe(before + 1)
    expect(readFileSync(manifest, 'utf8').split('\n')).toEqual(lines)
  })
})

describe('damage', () => {
  const damages: Readonly<Record<string, (folder: string, names: readonly string[]) => void>> = {
    'a flipped bit in a closed segment'(folder, [, second = '']) {
      const bytes = readFileSync(join(folder, second))
      bytes[200] = (bytes[200] ?? 0) ^ 1
      writeFileSync(join(folder, second), bytes)
    },
    'a missing segment'(folder, [, second = '']) {
      rmSync(join(folder, second))
    },
    'two exchanged segments'(folder, [first = '', second = '']) {
      const [one, other] = [readFileSync(join(folder, first)), readFileSync(join(folder, second))]
      writeFileSync(join(folder, first), other)
      writeFileSync(join(folder, second), one)
    },
    'a changed manifest'(folder) {
      const path = join(folder, 'manifest.jsonl')
      writeFileSync(path, readFileSync(path, 'utf8').replace('"records":', '"records":1'))
    },
    'a closed segment without its end'(folder, [, second = '']) {
      const path = join(folder, second)
      writeFileSync(path, readFileSync(path).subarray(0, -48))
    },
  }

  test.each(Object.entries(damages))('%s is named', async (_, damage) => {
    const folder = await filled()
    damage(folder, segments(folder))
    await expect(everything(folder)).rejects.toMatchObject({kind: 'input', reason: 'archive-damaged'})
  })

  test('a record that announces more than the file has is not believed', async () => {
    const folder = await filled(3)
    const path = join(folder, segments(folder).at(-1) ?? '')
    const bytes = readFileSync(path)
    bytes.writeUInt32BE(0x7fff_ffff, 8)
    writeFileSync(path, bytes)
    expect(await everything(folder)).toEqual([])
  })

  test('a symbolic link is not followed', async () => {
    const folder = await filled(3)
    const {symlinkSync} = await import('node:fs')
    const [name = ''] = segments(folder)
    rmSync(join(folder, name))
    symlinkSync('/etc/passwd', join(folder, name))
    await expect(openArchive(folder)).rejects.toMatchObject({kind: 'input'})
  })
})
