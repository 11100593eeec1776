/**
 * The mover without a broker and without AWS: both ends in memory, real ledger, real archive, real fsync.
 * node test/bench/mover-alone.ts [messages] [bytes] [archive|no-archive] [answer ms]
 */
import {randomBytes} from 'node:crypto'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import {openLedger} from '../../src/ledger/open.ts'
import {migrate} from '../../src/stages/migrate.ts'
import {MemoryBroker} from '../fakes/memory-broker.ts'
import {MemoryTargets} from '../fakes/memory-target.ts'
import {deployment, envelope, move, ORDERS, plan} from '../fakes/plan.ts'

const [messages = 200_000, bytes = 1024] = process.argv.slice(2, 4).map(Number)
const archived = process.argv[4] !== 'no-archive'
const latencyMs = Number(process.argv[5] ?? 0)
const folder = mkdtempSync(join(tmpdir(), 'mqlift-bench-'))
const broker = new MemoryBroker()
const bodies = Array.from({length: 64}, () => randomBytes(bytes))
for (let index = 0; index < messages; index++) {
  broker.queue(ORDERS).publish(
    envelope(bodies[index % 64] ?? '', {
      properties: {messageId: String(index), contentType: 'application/json', deliveryMode: 2},
      headers: [['n', {t: 'I', v: index}]],
    }),
  )
}
const moves = [move()]
const targets = new MemoryTargets()
const run = {
  id: 'bench',
  at: new Date().toISOString(),
  tool: 'bench',
  host: 'here',
  pid: process.pid,
  command: ['bench'],
  caller: null,
  plan: 'none',
}
{
  await using ledger = await openLedger(join(folder, 'ledger.db'), run)
  await using archive = archived ? await openArchive(join(folder, 'archive')) : null
  const before = process.memoryUsage().rss
  const started = performance.now()
  const cpu = process.cpuUsage()
  const {outcome} = await migrate(
    {plan: plan(moves), deployment: deployment(moves)},
    {
      source: broker.source(),
      target: (_, {address}) => Promise.resolve(targets.open(address, latencyMs > 0 ? {latencyMs} : {})),
      count: (resource) => targets.count(resource),
      ledger,
      archive,
    },
    {until: 'empty', now: Date.now, random: Math.random},
    new AbortController().signal,
  )
  const seconds = (performance.now() - started) / 1000
  const {user, system} = process.cpuUsage(cpu)
  console.log(
    JSON.stringify({
      outcome,
      messages,
      bytes,
      archived,
      latencyMs,
      perSecond: Math.round(messages / seconds),
      cpuSecondsPer100k: Number((((user + system) / 1e6 / messages) * 100_000).toFixed(2)),
      // Both queues are in this process's memory: only what came on top is the mover's.
      addedMiB: Math.round((process.resourceUsage().maxRSS * 1024 - before) / 2 ** 20),
      settled: ledger.accounts()[0]?.settled,
      stored: targets.stored('memory://sqs-queue:orders').length,
    }),
  )
}
rmSync(folder, {recursive: true})
