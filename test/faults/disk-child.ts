/**
 * Claims, archives and records batch after batch, and says on stdout what it was told is on disk. Its parent breaks
 * the disk under it. Arguments: folder for the ledger, folder for the archive.
 */
import {createHash} from 'node:crypto'
import {writeSync} from 'node:fs'
import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import {MqliftError} from '../../src/errors.ts'
import {openLedger} from '../../src/ledger/open.ts'
import {digestOf, encodeHead} from '../../src/model/canonical.ts'
import {envelope} from '../fakes/plan.ts'

const [ledgerFolder = '', archiveFolder = '', rounds = '40'] = process.argv.slice(2)
const SIZE = 10
const say = (line: string): unknown => writeSync(1, `${line}\n`)

const run = {
  id: 'child',
  at: '2026-11-24T00:00:00.000Z',
  tool: 'test',
  host: 'here',
  pid: process.pid,
  command: ['child'],
  caller: null,
  plan: 'plan',
}
const facts = {
  move: 'm',
  source: 'queue:%2F/orders',
  target: 'sqs-queue:orders',
  address: 'memory://orders',
  createdAt: null,
  sourceType: 'classic',
  fifo: false,
}

async function work(): Promise<void> {
  const ledger = await openLedger(join(ledgerFolder, 'ledger.db'), run, {reserveBytes: 256 * 1024})
  const archive = await openArchive(archiveFolder)
  const start = {at: run.at, depth: null, counters: null, atTarget: null}
  const lane = await ledger.lane(facts, () => Promise.resolve(start))
  say('ready')
  let round = 0
  const worker = async (): Promise<void> => {
    while (round < Number(rounds)) await move(round++)
  }
  const move = async (number: number): Promise<void> => {
    const messages = Array.from({length: SIZE}, (_, index) => {
      const one = envelope(createHash('sha256').update(`${number} ${index}`).digest('hex').repeat(20))
      return {head: encodeHead(one), body: one.body}
    })
    const claims = await lane.claim(
      messages.map(({head, body}) => ({
        digest: digestOf(ledger.key, head, body),
        bytes: body.byteLength,
        redelivered: false,
      })),
    )
    const seqs = claims.map(({entry}) => entry.seq).join(' ')
    say(`claimed ${seqs}`)
    await archive.append(messages.map((message, index) => ({...message, seq: claims[index]?.entry.seq ?? 0})))
    say(`archived ${seqs}`)
    await lane.record(
      claims.map(({entry}) => ({entry, unknownAttempts: 0, outcome: 'accepted', targetId: 'id', md5: 'md5'})),
    )
    say(`recorded ${seqs}`)
    if (number % 2 === 0) for (const {entry} of claims) lane.settle(entry)
  }
  // What one worker cannot do does not keep the others from finishing what they began.
  const ended = await Promise.allSettled(Array.from({length: 4}, worker))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  await lane.end('drained', 'done')
  say('done')
}

try {
  await work()
} catch (error) {
  say(`failed ${error instanceof MqliftError ? `${error.kind} ${error.reason}` : String(error)}`)
  process.exit(error instanceof MqliftError ? 6 : 1)
}
