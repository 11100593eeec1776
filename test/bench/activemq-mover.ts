// One drained queue with the product's own source, ledger, archive and writer: what `migrate --execute` runs, without the
// command around it. Contender `mqlift` of activemq.ts.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import {keepMoverLean} from '../../src/cli/lean-heap.ts'
import {openLedger} from '../../src/ledger/open.ts'
import {destinationId} from '../../src/model/id.ts'
import {Secret} from '../../src/model/secret.ts'
import {openSource} from '../../src/sources/index.ts'
import {migrate} from '../../src/stages/migrate.ts'
import {targetPlatform} from '../../src/targets/index.ts'
import {deployment, move as moveOf, plan} from '../fakes/plan.ts'
import {activemqTask} from './activemq-task.ts'

keepMoverLean()
const {
  amqp,
  management,
  queue,
  queueType,
  messages,
  target,
  password,
  targetQueue,
  archive: archived,
} = activemqTask()
const dir = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'mqlift-bench-'))
const source = destinationId('queue', '/', queue)
const move = moveOf({
  source,
  target: `activemq-queue:${targetQueue}`,
  platform: 'amazon-mq-activemq',
  sourceType: queueType,
  expected: {messages, bytes: null},
})
const resource = {
  step: move.target,
  platform: move.platform,
  arn: `activemq:bench/${targetQueue}`,
  address: `bench/${targetQueue}`,
  createdAt: null,
  readyAt: '2026-01-01T00:00:00.000Z',
  origin: 'found',
  evidence: 'confirm',
} as const
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
const options = {tls: {caOnly: false, insecure: false}, allowPlaintext: false, connectionName: 'mqlift:bench'}
{
  await using from = await openSource([amqp], {management, ...options})
  const folder = await targetPlatform('amazon-mq-activemq')
  await using platform = await folder.connect({
    region: '',
    env: {},
    brokers: {'amazon-mq-activemq': {address: target, options: {...options, password: new Secret(password)}}},
  })
  await using ledger = await openLedger(join(dir, 'ledger.db'), run)
  await using archive = archived ? await openArchive(join(dir, 'archive')) : null
  const outcome = await migrate(
    {plan: plan([move]), deployment: deployment([move], {resources: [resource]})},
    {
      source: from,
      ledger,
      archive,
      target: (one, at, signal) => platform.open(one, at, signal),
    },
    {until: 'empty', now: Date.now, random: Math.random},
    new AbortController().signal,
  )
  const account = ledger.account(move.id)
  process.stdout.write(
    `${JSON.stringify({outcome: outcome.outcome, received: account?.received, settled: account?.settled})}\n`,
  )
}
rmSync(dir, {recursive: true})
