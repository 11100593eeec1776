import {randomBytes} from 'node:crypto'
import {chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'

import {describe, expect, test} from 'vitest'

import type {Claim, LaneFacts, Ledger, LedgerLane, Outcome, Received} from '../../src/ledger/ledger.ts'
import {openLedger, readLedger} from '../../src/ledger/open.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const RUN = {
  id: 'run-1',
  at: '2026-11-24T08:00:00.000Z',
  tool: '0.1.0',
  host: 'laptop',
  pid: 4711,
  command: ['mqlift', 'migrate'],
  caller: null,
  plan: 'hash',
}
const FACTS: LaneFacts = {
  move: 'orders>q',
  source: 'queue:%2F/orders',
  target: 'sqs-queue:orders',
  address: 'memory://orders',
  createdAt: '2026-11-24T00:00:00.000Z',
  sourceType: 'classic',
  fifo: false,
}
const START = {at: RUN.at, depth: 10, counters: null, atTarget: 0}

const open = (folder: string): Promise<Ledger> =>
  openLedger(join(folder, 'ledger.db'), RUN, {reserveBytes: 4096})
const laneOf = (ledger: Ledger, facts: Partial<LaneFacts> = {}): Promise<LedgerLane> =>
  ledger.lane({...FACTS, ...facts}, () => Promise.resolve(START))

const digestOf = (name: string): Buffer => Buffer.alloc(32, name)
const received = (name: string, more: Partial<Received> = {}): Received => ({
  digest: digestOf(name),
  bytes: 100,
  redelivered: false,
  ...more,
})
const accepted = ({entry}: Claim): Outcome => ({
  entry,
  unknownAttempts: 0,
  outcome: 'accepted',
  targetId: `id-${entry.seq}`,
  md5: 'md5',
})

async function send(lane: LedgerLane, ...items: readonly Received[]): Promise<readonly Claim[]> {
  const claims = await lane.claim(items)
  await lane.record(claims.filter(({step}) => step === 'send').map(accepted))
  return claims
}

/** What a killed process leaves: opened again without having been closed. */
function killed(folder: string, next: string): string {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isFile() && !/lock|shm/.test(name)) copyFileSync(path, join(next, name))
  }
  return next
}

async function crashed(facts: Partial<LaneFacts>, before: (lane: LedgerLane) => Promise<unknown>) {
  const [folder, next] = [await tempFolder(), await tempFolder()]
  const ledger = await open(folder)
  await before(await laneOf(ledger, facts))
  killed(folder, next)
  await ledger[Symbol.asyncDispose]()
  const again = await open(next)
  return {again, lane: await laneOf(again, facts)}
}

/** Without what SQLite keeps beside an open database. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !/-(?:wal|shm)$/.test(name))
    .toSorted()

async function filled(): Promise<string> {
  const folder = await tempFolder()
  await using ledger = await open(folder)
  const lane = await laneOf(ledger)
  await lane.claim(Array.from({length: 200}, (_, index) => received(`m${index}`, {failed: 'kept'})))
  for (const {entry} of await send(lane, received('a'), received('b'))) lane.settle(entry)
  await lane.end('drained', '')
  return folder
}

describe('one mover at a time', () => {
  test('the second is refused, and told who holds it and since when', async () => {
    const folder = await tempFolder()
    await using _first = await open(folder)
    await expect(open(folder)).rejects.toMatchObject({
      kind: 'refused',
      reason: 'ledger-locked',
      message: expect.stringContaining('pid 4711 on laptop since 2026-11-24T08:00:00.000Z'),
    })
  })

  test('reading goes on while it moves', async () => {
    const folder = await tempFolder()
    await using ledger = await open(folder)
    const lane = await laneOf(ledger)
    await send(lane, received('a'))
    await using reader = await readLedger(join(folder, 'ledger.db'))
    expect(reader.account(FACTS.move)).toMatchObject({received: 1, open: {claimed: 0, sent: 1}})
    await send(lane, received('b'))
    expect(reader.account(FACTS.move)).toMatchObject({received: 2})
  })

  test('the lock goes with the process', async () => {
    const folder = await tempFolder()
    {
      await using _first = await open(folder)
    }
    await using again = await open(folder)
    expect(again.runs()).toHaveLength(2)
  })
})

describe('what a crash leaves', () => {
  test('claimed entries become doubt, are counted once, and add up', async () => {
    const [folder, next] = [await tempFolder(), await tempFolder()]
    const ledger = await open(folder)
    const lane = await laneOf(ledger)
    await lane.claim([received('a'), received('b')])
    const sent = await send(lane, received('c'))
    killed(folder, next)
    await using again = await open(next)
    expect(again.account(FACTS.move)).toMatchObject({
      received: 3,
      doubt: 2,
      open: {claimed: 0, sent: 1},
      possibleDuplicates: 3,
      interruptions: 1,
      state: 'interrupted',
    })
    expect(sent).toHaveLength(1)
    await again[Symbol.asyncDispose]()
    // Opened again without having moved anything: nothing more is counted (K9).
    await using third = await open(next)
    expect(third.account(FACTS.move)).toMatchObject({possibleDuplicates: 3, interruptions: 1})
    await ledger[Symbol.asyncDispose]()
  })

  test('a sent entry that does not come back is settled by absence once the source is drained', async () => {
    const [folder, next] = [await tempFolder(), await tempFolder()]
    const ledger = await open(folder)
    await send(await laneOf(ledger), received('a'), received('b'))
    killed(folder, next)
    await using again = await open(next)
    const lane = await laneOf(again)
    await lane.drained()
    await lane.end('drained', '')
    expect(again.account(FACTS.move)).toMatchObject({settled: 2, settledByAbsence: 2, open: {sent: 0}})
    expect(await again.damage()).toEqual([])
    await ledger[Symbol.asyncDispose]()
  })

  test('numbers are never used again, also after everything was folded', async () => {
    const folder = await tempFolder()
    {
      await using ledger = await open(folder)
      const lane = await laneOf(ledger)
      for (const {entry} of await send(lane, received('a'), received('b'))) lane.settle(entry)
      await lane.end('drained', '')
    }
    await using ledger = await open(folder)
    const [claim] = await send(await laneOf(ledger), received('c'))
    expect(claim?.entry.seq).toBe(3)
  })
})

describe('folding', () => {
  test('settled rows go, their digests and sums stay', async () => {
    const folder = await tempFolder()
    await using ledger = await open(folder)
    const lane = await laneOf(ledger)
    const names = Array.from({length: 10_000}, () => randomBytes(32))
    for (let at = 0; at < names.length; at += 100) {
      const items = names.slice(at, at + 100).map((digest) => ({digest, bytes: 1, redelivered: false}))
      for (const {entry} of await send(lane, ...items)) lane.settle(entry)
    }
    await ledger.flush()
    expect([...ledger.entries(FACTS.move)].length).toBeLessThan(4200)
    await lane.end('drained', '')
    expect([...ledger.entries(FACTS.move)]).toEqual([])
    expect(ledger.account(FACTS.move)).toMatchObject({received: 10_000, settled: 10_000})
    const folded: Buffer[] = []
    for await (const {digest} of ledger.folded()) folded.push(Buffer.from(digest))
    expect(folded).toEqual(names)
    expect(await ledger.damage()).toEqual([])
  })

  test('two lanes that fold in one commit do not write over each other', async () => {
    const folder = await tempFolder()
    await using ledger = await open(folder)
    const lanes = await Promise.all(['a', 'b', 'c'].map((move) => laneOf(ledger, {move})))
    await Promise.all(
      lanes.map(async (lane, index) => {
        for (const {entry} of await send(lane, received(`x${index}`), received('same'))) lane.settle(entry)
      }),
    )
    await Promise.all(lanes.map((lane) => lane.end('drained', '')))
    expect(await ledger.damage()).toEqual([])
    expect(ledger.accounts().map(({settled}) => settled)).toEqual([2, 2, 2])
  })
})

describe('messages that come back', () => {
  const fifo = {fifo: true}

  test('FIFO: a redelivered copy takes over the deduplication id of an entry in doubt, once', async () => {
    let first: readonly Claim[] = []
    const {again, lane} = await crashed(fifo, async (before) => {
      first = await before.claim([received('a')])
    })
    await using _ = again
    const copies = await lane.claim([received('a', {redelivered: true}), received('a', {redelivered: true})])
    expect(copies[0]?.entry.dedupId).toBe(first[0]?.entry.dedupId)
    expect(copies[1]?.entry.dedupId).not.toBe(first[0]?.entry.dedupId)
  })

  test('FIFO: a recorded entry never gives its id away: its twin would be swallowed', async () => {
    let first: readonly Claim[] = []
    const {again, lane} = await crashed(fifo, async (before) => {
      first = await send(before, received('a'))
    })
    await using _ = again
    const [copy] = await lane.claim([received('a', {redelivered: true})])
    expect(copy?.entry.dedupId).not.toBe(first[0]?.entry.dedupId)
  })

  test('FIFO: an entry in doubt of this connection gives nothing away: we still hold its message', async () => {
    const folder = await tempFolder()
    await using ledger = await open(folder)
    const lane = await laneOf(ledger, fifo)
    const [claim] = await lane.claim([received('a')])
    if (!claim) throw new Error('no claim')
    await lane.record([{entry: claim.entry, unknownAttempts: 2, outcome: 'unknown', reason: 'no answer'}])
    const [twin] = await lane.claim([received('a', {redelivered: true})])
    expect(twin?.entry.dedupId).not.toBe(claim.entry.dedupId)
    await lane.interrupted('cut')
    const [copy] = await lane.claim([received('a', {redelivered: true})])
    expect(copy?.entry.dedupId).toBe(claim.entry.dedupId)
  })

  test('content alone never skips: an equal message is sent again', async () => {
    const {again, lane} = await crashed({}, (before) => send(before, received('a')))
    await using _ = again
    expect(await lane.claim([received('a', {redelivered: true})])).toMatchObject([{step: 'send'}])
  })

  test('a unique identity that was recorded is acked without sending, and stays one entry', async () => {
    const one = {identity: 'id', redelivered: true}
    const {again, lane} = await crashed({}, (before) => send(before, received('a', {identity: 'id'})))
    await using _ = again
    const [claim] = await lane.claim([received('a', one)])
    expect(claim).toMatchObject({step: 'already-sent', entry: {seq: 1}})
    if (claim) lane.settle(claim.entry)
    await lane.end('drained', '')
    expect(again.account(FACTS.move)).toMatchObject({received: 1, settled: 1, possibleDuplicates: 0})
  })

  test.each([
    ['another content', received('b', {identity: 'id', redelivered: true})],
    ['a message that was never delivered before', received('a', {identity: 'id'})],
  ])('an identity with %s does not skip', async (_, item) => {
    const {again, lane} = await crashed({}, (before) => send(before, received('a', {identity: 'id'})))
    await using __ = again
    expect(await lane.claim([item])).toMatchObject([{step: 'send'}])
    expect(lane.distrusted).toBe(item.digest.equals(digestOf('b')))
  })

  test('a failed message that comes back is the same entry', async () => {
    const {again, lane} = await crashed({}, (before) => before.claim([received('a', {failed: 'too large'})]))
    await using _ = again
    const [claim] = await lane.claim([received('a', {redelivered: true})])
    expect(claim).toMatchObject({step: 'send', entry: {seq: 1}})
    expect(again.account(FACTS.move)).toMatchObject({received: 1, failed: 0, open: {claimed: 1}})
  })

  test('an ack that was lost is counted once, and not again at the next start', async () => {
    const folder = await tempFolder()
    {
      await using ledger = await open(folder)
      const lane = await laneOf(ledger)
      const [claim] = await send(lane, received('a'))
      if (claim) lane.lost(claim.entry)
      if (claim) lane.lost(claim.entry)
      await lane.end('stopped', '')
      expect(ledger.account(FACTS.move)).toMatchObject({possibleDuplicates: 1})
    }
    await using ledger = await open(folder)
    expect(ledger.account(FACTS.move)).toMatchObject({possibleDuplicates: 1, open: {sent: 1}})
  })

  test('an ack that a killed broker forgot is counted, though its message was settled', async () => {
    await using ledger = await open(await tempFolder())
    const lane = await laneOf(ledger)
    const [claim] = await send(lane, received('a'), received('b'))
    if (claim) lane.settle(claim.entry)
    await lane.interrupted('the broker was killed')
    expect(ledger.account(FACTS.move)).toMatchObject({settled: 1, possibleDuplicates: 1})
    await send(lane, received('a', {redelivered: true}), received('b', {redelivered: true}))
    expect(ledger.account(FACTS.move)).toMatchObject({received: 4, accepted: 4, possibleDuplicates: 2})
    await send(lane, received('a', {redelivered: true}))
    expect(ledger.account(FACTS.move)).toMatchObject({possibleDuplicates: 2})
  })

  test('also when we were killed with it', async () => {
    const {again, lane} = await crashed({}, async (before) => {
      const [claim] = await send(before, received('a'))
      if (claim) before.settle(claim.entry)
      await send(before, received('b'))
    })
    await using _ = again
    expect(again.account(FACTS.move)).toMatchObject({settled: 1, possibleDuplicates: 1})
    await send(lane, received('a', {redelivered: true}), received('b', {redelivered: true}))
    expect(again.account(FACTS.move)).toMatchObject({possibleDuplicates: 2})
  })

  test('also when the run before had come to its end', async () => {
    const folder = await tempFolder()
    {
      await using ledger = await open(folder)
      for (const move of [FACTS.move, 'other>q']) {
        const lane = await laneOf(ledger, {move})
        for (const claim of await send(lane, received('a'), received('b'))) lane.settle(claim.entry)
        await lane.end('drained', '')
      }
    }
    await using ledger = await open(folder)
    const lane = await laneOf(ledger)
    expect(ledger.account(FACTS.move)).toMatchObject({settled: 2, possibleDuplicates: 0})
    await send(lane, received('a', {redelivered: true}), received('c', {redelivered: true}), received('b'))
    expect(ledger.account(FACTS.move)).toMatchObject({possibleDuplicates: 1})
    await send(lane, received('b', {redelivered: true}), received('b', {redelivered: true}))
    expect(ledger.account(FACTS.move)).toMatchObject({possibleDuplicates: 2})
  })

  test('what failed before and is sent while the archive is off is not looked for there', async () => {
    const folder = await tempFolder()
    {
      await using ledger = await open(folder)
      const lane = await laneOf(ledger)
      await lane.claim([received('a'), received('b', {failed: 'too large'}), received('c')])
      await lane.end('stopped', '')
    }
    await using ledger = await openLedger(join(folder, 'ledger.db'), {...RUN, archiving: 'off'})
    const lane = await laneOf(ledger)
    const [claim] = await send(lane, received('b', {redelivered: true}))
    expect(claim).toMatchObject({step: 'send', entry: {seq: 2}})
    await ledger.flush()
    expect(ledger.archived()).toEqual([
      {from: 1, to: 2},
      {from: 3, to: 4},
    ])
  })

  test('twins that somebody gave back before us are no repeats', async () => {
    await using ledger = await open(await tempFolder())
    const lane = await laneOf(ledger)
    for (let copy = 0; copy < 3; copy++) {
      const [claim] = await send(lane, received('a', {redelivered: true}))
      if (claim) lane.settle(claim.entry)
    }
    expect(ledger.account(FACTS.move)).toMatchObject({possibleDuplicates: 0})
  })

  test('a refusal after an attempt that nobody knows about is doubt, not failure', async () => {
    const folder = await tempFolder()
    await using ledger = await open(folder)
    const lane = await laneOf(ledger)
    const [claim] = await lane.claim([received('a')])
    if (!claim) throw new Error('no claim')
    const reason = 'refused in the end'
    await lane.record([
      {entry: claim.entry, unknownAttempts: 1, outcome: 'refused', retryable: false, reason},
    ])
    expect(ledger.account(FACTS.move)).toMatchObject({failed: 0, doubt: 1, possibleDuplicates: 1})
  })
})

describe('a ledger that is not what it was', () => {
  const damages: Readonly<Record<string, (folder: string) => void>> = {
    'a flipped byte in a page'(folder) {
      const path = join(folder, 'ledger.db')
      const bytes = readFileSync(path)
      for (let at = 4096 * 2 + 8; at < bytes.length; at += 4096) bytes[at] = 0xff
      writeFileSync(path, bytes)
    },
    'a truncated file'(folder) {
      const path = join(folder, 'ledger.db')
      writeFileSync(path, readFileSync(path).subarray(0, 9000))
    },
    'another file'(folder) {
      writeFileSync(join(folder, 'ledger.db'), 'not a database at all, but long enough to be read as one')
    },
    'another SQLite database'(folder) {
      rmSync(join(folder, 'ledger.db'))
      using db = new DatabaseSync(join(folder, 'ledger.db'))
      db.exec('CREATE TABLE t(a)')
    },
    'a missing entry'(folder) {
      using db = new DatabaseSync(join(folder, 'ledger.db'))
      db.exec('DELETE FROM entry WHERE seq = 7')
    },
    'a changed digest'(folder) {
      using db = new DatabaseSync(join(folder, 'ledger.db'))
      db.exec('UPDATE entry SET digest = zeroblob(32) WHERE seq = 7')
    },
    'no database, but its key'(folder) {
      rmSync(join(folder, 'ledger.db'))
    },
    'no key'(folder) {
      rmSync(join(folder, 'ledger.key'))
    },
    'the key of another ledger'(folder) {
      writeFileSync(join(folder, 'ledger.key'), randomBytes(32))
    },
  }

  test.each(Object.entries(damages))('%s: refused, and never started afresh', async (_, damage) => {
    const folder = await filled()
    damage(folder)
    const before = filesIn(folder)
    await expect(open(folder)).rejects.toMatchObject({
      kind: 'input',
      reason: 'ledger-damaged',
      suggestions: expect.arrayContaining([expect.stringContaining('ledger check')]),
    })
    expect(filesIn(folder)).toEqual(before)
  })

  test('from a newer mqlift: refused', async () => {
    const folder = await filled()
    {
      using db = new DatabaseSync(join(folder, 'ledger.db'))
      db.exec('PRAGMA user_version = 99')
    }
    await expect(open(folder)).rejects.toMatchObject({kind: 'input', reason: 'newer'})
    await expect(readLedger(join(folder, 'ledger.db'))).rejects.toMatchObject({reason: 'newer'})
  })

  test('a digest segment with a flipped bit is named by the check', async () => {
    const folder = await filled()
    const path = join(folder, 'ledger.digests', '000001.digests')
    const bytes = readFileSync(path)
    bytes[20] = (bytes[20] ?? 0) ^ 1
    writeFileSync(path, bytes)
    await using ledger = await readLedger(join(folder, 'ledger.db'))
    expect(await ledger.damage()).toEqual([expect.stringContaining('checksum')])
  })

  test('on a network file system: refused', async () => {
    const folder = await tempFolder()
    const opening = openLedger(join(folder, 'ledger.db'), RUN, {fileSystemType: () => 0x6969})
    await expect(opening).rejects.toMatchObject({kind: 'refused', reason: 'network-filesystem'})
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['another target', {address: 'memory://other'}, 'plan-edited'],
    ['a target that was made again', {createdAt: '2026-11-25T00:00:00.000Z'}, 'target-recreated'],
  ])('with %s: refused', async (_, change, reason) => {
    const folder = await filled()
    await using ledger = await open(folder)
    await expect(laneOf(ledger, change)).rejects.toMatchObject({kind: 'refused', reason})
  })

  test('a folder that cannot be written says so', async () => {
    const folder = await tempFolder()
    const opening = open(join(folder, 'missing'))
    await expect(opening).rejects.toMatchObject({kind: 'input'})
  })
})

test('every file is its owner’s alone, whatever the umask', async () => {
  const folder = await tempFolder()
  chmodSync(folder, 0o777)
  const before = process.umask(0)
  try {
    await using ledger = await open(folder)
    const lane = await laneOf(ledger)
    for (const {entry} of await send(lane, received('a'))) lane.settle(entry)
    await lane.end('drained', '')
    const modes = readdirSync(folder, {recursive: true, encoding: 'utf8'}).map((name) => {
      const {mode} = statSync(join(folder, name))
      return `${name} ${(mode & 0o777).toString(8)}`
    })
    expect(modes.filter((line) => !/ 600$|digests 700$/.test(line))).toEqual([])
    expect(modes.length).toBeGreaterThan(6)
  } finally {
    process.umask(before)
  }
})

test('calls of many lanes share commits', async () => {
  const folder = await tempFolder()
  await using ledger = await open(folder)
  const lanes = await Promise.all(Array.from({length: 16}, (_, index) => laneOf(ledger, {move: `${index}`})))
  await using reader = await readLedger(join(folder, 'ledger.db'))
  const seen = new Set<number>()
  const total = (): number => reader.accounts().reduce((sum, account) => sum + account.received, 0)
  await Promise.all(lanes.map((lane) => lane.claim([received('a')]).then(() => seen.add(total()))))
  expect(seen.size).toBeLessThanOrEqual(4)
  expect(total()).toBe(16)
})
