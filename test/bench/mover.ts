// One drained queue with the product's own source, ledger, archive and writer: what `migrate --execute` runs, without
// the command around it. Contender `mqlift` of run.ts.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {openArchive} from '../../src/archive/archive.ts'
import {keepMoverLean} from '../../src/cli/lean-heap.ts'
import {openLedger} from '../../src/ledger/open.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Move, Plan} from '../../src/model/plan.ts'
import {awsConnection} from '../../src/protocols/aws.ts'
import {openSource} from '../../src/sources/index.ts'
import {migrate} from '../../src/stages/migrate.ts'
import {leanSender} from '../../src/targets/sqs/sender.ts'
import {sqsWriter} from '../../src/targets/sqs/writer.ts'
import {assignment, CREDENTIALS, queueUrl, REGION} from './messages.ts'

keepMoverLean()
const {amqp, management, endpoint, queue, queueType, messages, archive: archived, requests} = assignment()
const dir = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'mqlift-bench-'))
const source = destinationId('queue', '/', queue)
const move: Move = {
  id: `${source}>sqs-queue:bench`,
  source,
  target: 'sqs-queue:bench',
  platform: 'sqs-standard',
  mode: 'drain',
  order: 'none',
  sourceType: queueType,
  deliveryLimit: null,
  expected: {messages, bytes: null},
  estimateSeconds: null,
}
const plan: Omit<Plan, 'kind' | 'version' | 'inputs'> = {
  account: '000000000000',
  region: REGION,
  source: {kind: 'rabbitmq', address: amqp, clusterName: null},
  steps: [],
  moves: [move],
  changes: [],
  losses: [],
  open: [],
  notMoved: [],
  names: {},
  routing: {},
  fingerprint: {},
}
const resource = {
  step: move.target,
  platform: move.platform,
  arn: `arn:aws:sqs:${REGION}:000000000000:bench`,
  address: queueUrl(endpoint),
  createdAt: null,
  readyAt: '2026-01-01T00:00:00.000Z',
  origin: 'found',
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
const fixed = (count: number) => ({start: count, min: count, max: count})

const aws = awsConnection({
  region: REGION,
  endpoint,
  env: {AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey},
})
const sendBatch = leanSender(aws)
{
  await using from = await openSource([amqp], {
    management,
    tls: {caOnly: false, insecure: false},
    allowPlaintext: false,
    connectionName: 'mqlift:bench',
  })
  await using ledger = await openLedger(join(dir, 'ledger.db'), run)
  await using archive = archived ? await openArchive(join(dir, 'archive')) : null
  const outcome = await migrate(
    {
      plan,
      deployment: {
        account: '000000000000',
        region: REGION,
        endpoint,
        caller: 'bench',
        resources: [resource],
        cutover: false,
      },
    },
    {
      source: from,
      ledger,
      archive,
      target: () =>
        Promise.resolve(
          sqsWriter({
            move,
            queueUrl: resource.address,
            maximumBytes: 1_048_576,
            sendBatch,
            credentials: aws.credentials,
          }),
        ),
    },
    {until: 'empty', now: Date.now, random: Math.random, ...(requests > 0 && {requests: fixed(requests)})},
    new AbortController().signal,
  )
  const account = ledger.account(move.id)
  process.stdout.write(
    `${JSON.stringify({outcome: outcome.outcome, received: account?.received, settled: account?.settled})}\n`,
  )
}
aws.close()
rmSync(dir, {recursive: true})
