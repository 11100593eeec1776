import {readdirSync, readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'

import {describe, expect, test} from 'vitest'

const FOLDER = resolve(import.meta.dirname, '../../src/commands')
const files = readdirSync(FOLDER, {recursive: true, encoding: 'utf8'})
  .filter((file) => file.endsWith('.ts'))
  .toSorted()

interface Surface {
  readonly summary?: string
  readonly examples?: readonly string[]
  readonly args?: object
  readonly flags?: object
  readonly baseFlags?: object
}

async function load(file: string): Promise<Surface> {
  const module: {default: Surface} = await import(join(FOLDER, file))
  return module.default
}

const idOf = (file: string): string => file.replace(/\.ts$/, '').replaceAll('/', ' ')

describe.each(files)('%s', (file) => {
  test('parses, calls, prints: at most 60 lines', () => {
    expect(readFileSync(join(FOLDER, file), 'utf8').split('\n').length - 1).toBeLessThanOrEqual(60)
  })

  test('has a summary and two examples of itself', async () => {
    const {summary, examples} = await load(file)
    expect(summary).toMatch(/\.$/)
    expect(examples).toHaveLength(2)
    for (const example of examples ?? []) expect(example).toContain(`<%= config.bin %> ${idOf(file)}`)
  })

  test('takes no secret as the value of a flag (SEC-1)', async () => {
    const {flags} = await load(file)
    const names = Object.keys(flags ?? {}).filter((name) => /pass|secret|token|key/.test(name))
    for (const name of names) expect(name).toMatch(/-(file|env|stdin)$/)
  })
})

// Others script against these: a change is a line in CHANGELOG.
test('the flags are those that were agreed', async () => {
  const lines: string[] = []
  for (const file of files) {
    const {args, flags, baseFlags} = await load(file)
    const names = Object.keys({...baseFlags, ...flags}).toSorted()
    const parts = [...Object.keys(args ?? {}).map((name) => `[${name}]`), ...names.map((name) => `--${name}`)]
    lines.push([idOf(file), ...parts].join(' '))
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./surface.txt')
})
