import {readdirSync} from 'node:fs'
import {basename, resolve} from 'node:path'

import {expect, test} from 'vitest'

import {CRITERIA, WEIGHTS} from '../../src/criteria/index.ts'

const ROOT = resolve(import.meta.dirname, '../../src/criteria')
/** What several criteria share. */
const SHARED = new Set(['bound', 'headers'])
const files = readdirSync(ROOT, {recursive: true, encoding: 'utf8'})
  .filter((path) => path.includes('/') && path.endsWith('.ts'))
  .map((path) => basename(path, '.ts'))
  .filter((name) => !SHARED.has(name))

test('every file is listed, once, under its own name', () => {
  expect(CRITERIA.map(({id}) => id).toSorted()).toEqual(files.toSorted())
})

test.each(CRITERIA.map((criterion) => [criterion.id, criterion] as const))(
  '%s is weighted, sourced and says what to do',
  (id, {sources, question, advice}) => {
    expect(WEIGHTS[id]).toBeGreaterThan(0)
    expect(sources.length).toBeGreaterThan(0)
    for (const {url, read} of sources) {
      expect(url).toMatch(/^https:\/\//)
      expect(read).not.toBe('')
    }
    expect(question).toMatch(/\?$/)
    expect(advice).not.toBe('')
  },
)

test('weights are one line each: none is left over', () => {
  expect(Object.keys(WEIGHTS)).toHaveLength(CRITERIA.length)
})
