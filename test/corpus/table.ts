// `assess` on every RabbitMQ file of a folder of configuration files: file, outcome, counts, recommendations.
//   MQLIFT_CORPUS=folder npm run corpus
import {readdirSync} from 'node:fs'
import {join} from 'node:path'

import {CRITERIA, WEIGHTS} from '../../src/criteria/index.ts'
import {MqliftError} from '../../src/errors.ts'
import {PATTERNS} from '../../src/patterns/index.ts'
import {openSource} from '../../src/sources/index.ts'
import {assess} from '../../src/stages/assess.ts'

const FOLDERS = ['rabbitmq-definitions', 'usage-dump']

const root = process.env['MQLIFT_CORPUS']
if (!root) {
  process.stderr.write('MQLIFT_CORPUS names no folder\n')
  process.exit(2)
}
const totals = new Map<string, number>()
process.stdout.write(
  '| file | outcome | queues | exchanges | bindings | recommended |\n|---|---|---|---|---|---|\n',
)
for (const folder of FOLDERS)
  for (const file of readdirSync(join(root, folder)).toSorted()) {
    if (!file.endsWith('.json')) continue
    process.stdout.write(`| ${folder}/${file} | ${(await row(join(root, folder, file))).join(' | ')} |\n`)
  }
process.stdout.write(`\nAll: ${list(totals)}\n`)

async function row(path: string): Promise<string[]> {
  try {
    await using source = await openSource([path], {
      tls: {caOnly: false, insecure: false},
      allowPlaintext: false,
      connectionName: 'mqlift:corpus',
    })
    const {inventory, observations} = await source.inspect(new AbortController().signal)
    const {destinations, estate, summary} = assess(
      {inventory, observation: observations.at(-1)},
      {preference: 'balanced', criteria: CRITERIA, patterns: PATTERNS, weights: WEIGHTS},
    )
    const advice = new Map<string, number>()
    for (const {recommended} of destinations) add(advice, recommended.platform)
    for (const {recommended} of destinations) add(totals, recommended.platform)
    const ignored = estate.ignored.length > 0 ? [`left out ${estate.ignored.length}`] : []
    return [
      'assessed',
      ...[summary.queues, summary.exchanges, summary.bindings].map(String),
      [...(advice.size > 0 ? [list(advice)] : []), ...ignored].join(', '),
    ]
  } catch (error) {
    if (!(error instanceof MqliftError)) throw error
    return [`${error.kind}: ${error.message} (line ${error.line ?? '–'})`, '', '', '', '']
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}
