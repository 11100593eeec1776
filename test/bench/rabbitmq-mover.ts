// One queue drained into a queue of the same broker with the product's own source, ledger and writer: what
// `migrate --execute` runs, without the command around it. Contenders `mqlift` and `mqlift-archive` of rabbitmq.ts.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import {keepMoverLean} from '../../src/cli/lean-heap.ts'
import {openLedger} from '../../src/ledger/open.ts'
import {destinationId} from '../../src/model/id.ts'
import {openSource} from '../../src/sources/index.ts'
import {migrate} from '../../src/stages/migrate.ts'
import {brokerTarget} from '../../src/targets/index.ts'
import {deployment, move as moveOf, plan} from '../fakes/plan.ts'

export interface RabbitmqAssignment {
  readonly amqp: string
  readonly management: string
  readonly from: string
  readonly to: string
  readonly type: string
  readonly archive: boolean
}

keepMoverLean()
const task = JSON.parse(process.env['BENCH_ASSIGNMENT'] ?? '') as RabbitmqAssignment
const dir = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'mqlift-bench-'))
const source = destinationId('queue', '/', task.from)
const target = `rabbitmq-queue:%2F/${task.to}`
const move = {...moveOf({source, target, sourceType: task.type}), platform: 'amazon-mq-rabbitmq' as const}
const reach = {
  management: task.management,
  tls: {caOnly: false, insecure: false},
  allowPlaintext: false,
  connectionName: 'mqlift:bench',
}
const run = {
  id: 'bench',
  at: new Date().toISOString(),
  tool: 'bench',
  host: 'bench',
  pid: process.pid,
  command: [],
  caller: null,
  plan: 'bench',
}
{
  await using from = await openSource([task.amqp], reach)
  await using ledger = await openLedger(join(dir, 'ledger.db'), run)
  await using archive = task.archive ? await openArchive(join(dir, 'archive')) : null
  const {outcome} = await migrate(
    {plan: plan([move]), deployment: deployment([move])},
    {
      source: from,
      ledger,
      archive,
      target: (_move, _resource, signal) =>
        brokerTarget({endpoint: {address: task.amqp, options: reach}, vhost: '/', queue: task.to}, signal),
    },
    {until: 'empty', now: Date.now, random: Math.random},
    new AbortController().signal,
  )
  const {settled} = ledger.account(move.id) ?? {}
  process.stdout.write(`${JSON.stringify({outcome, settled})}\n`)
}
rmSync(dir, {recursive: true})
