import {existsSync, globSync, readFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'

import {expect, test} from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const pages = ['README.md', '.github/SECURITY.md', 'CHANGELOG.md', ...globSync('docs/**/*.md', {cwd: root})]

test.each(pages)('every relative link of %s leads somewhere', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/```.*?```/gs, '')
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) => link)
  expect(links.filter((link) => !existsSync(resolve(root, dirname(page), link)))).toEqual([])
})

test('every page is in the index', () => {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8')
  const listed = globSync('docs/*.md', {cwd: root}).map((page) => page.replace('docs/', ''))
  expect(listed.filter((page) => page !== 'README.md' && !index.includes(`(${page})`))).toEqual([])
})
