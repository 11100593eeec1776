import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative, resolve} from 'node:path'

import {expect, test} from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')
const BASE = ['model', 'errors']
const PORTS = [
  'sources/source',
  'protocols/broker-options',
  'targets/target',
  'targets/take-back',
  'criteria/criterion',
  'patterns/pattern',
]
const REGISTRIES = ['sources/index', 'targets/index', 'criteria/index', 'patterns/index', 'infra/index']

/**
 * Who may import whom: a folder, or one file of it. Widening a line is a decision record (docs/decisions), not a
 * commit message.
 */
const MAY: Readonly<Record<string, readonly string[]>> = {
  commands: [
    'cli',
    'session',
    'stages',
    'workspace',
    'ledger',
    'archive',
    'report',
    'demo',
    ...REGISTRIES,
    ...BASE,
  ],
  session: [
    'cli',
    'stages',
    'workspace',
    'ledger',
    'archive',
    'report',
    'routing',
    ...REGISTRIES,
    ...PORTS,
    ...BASE,
  ],
  stages: [...PORTS, 'targets/retry', 'ledger', 'archive', 'routing', 'facts', ...BASE],
  ledger: ['targets/target', ...BASE],
  archive: ['sources/source', ...BASE],
  demo: ['sources', 'targets', ...BASE],
  sources: ['protocols', 'routing', 'facts', ...BASE],
  targets: ['sources/source', 'protocols', 'routing', 'facts', ...BASE],
  protocols: BASE,
  cli: BASE,
  workspace: BASE,
  report: BASE,
  criteria: ['routing', 'facts', 'model'],
  patterns: ['routing', 'facts', 'model'],
  infra: ['routing', 'facts', 'model'],
  routing: ['model'],
  facts: ['model'],
  model: [],
  errors: [],
  index: ['stages', ...REGISTRIES, ...PORTS, ...BASE],
}

const files = readdirSync(SRC, {recursive: true, encoding: 'utf8'}).filter((file) => file.endsWith('.ts'))
const folderOf = (file: string): string => file.split('/')[0]?.replace(/\.ts$/, '') ?? ''

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map(([, path]) =>
    relative(SRC, resolve(SRC, dirname(file), path ?? '')).replace(/\.ts$/, ''),
  )
}

test.each(files)('%s imports only what its folder may', (file) => {
  const own = folderOf(file)
  const allowed = MAY[own]
  expect(allowed, `${own}/ is not in the table`).toBeDefined()
  const wrong = importsOf(file).filter(
    (path) => folderOf(path) !== own && !allowed?.some((may) => path === may || path.startsWith(`${may}/`)),
  )
  expect(wrong).toEqual([])
})
