import {readFile} from 'node:fs/promises'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {writeAtomic} from '../../src/workspace/files.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

test('pieces of any length arrive whole and in order', async () => {
  const path = join(await tempFolder(), 'pieces')
  const pieces = ['', 'a', '€'.repeat(400_000), 'ü'.repeat(87_381), 'b', '🐇'.repeat(70_000), '']
  await writeAtomic(path, pieces)
  expect(await readFile(path, 'utf8')).toBe(pieces.join(''))
  await writeAtomic(path, [])
  expect(await readFile(path, 'utf8')).toBe('')
})
