import {spawnSync} from 'node:child_process'

import {describe, expect, test} from 'vitest'

import {ours, quoted} from '../../src/cli/shell.ts'
import {duration, figure, size, table} from '../../src/cli/table.ts'
import {shown, shownLines} from '../../src/cli/terminal.ts'
import {columns, fit} from '../../src/cli/width.ts'

const HOSTILE = [
  '\u001B[2J\u001B]0;owned\u0007',
  '\u009B31m',
  '\u007F',
  'a\r\nb',
  '\u202Egnp.exe',
  '\u200Bzero\u2060width',
  '\u2028line\u2029paragraph',
  '::add-mask::secret',
  '  ::error::x',
  'log ##[command]x',
  '\uD800',
  '\u{E0041}tag',
]

describe('a broker’s words on the terminal', () => {
  test.each(HOSTILE)('%j shows without control or invisible characters', (name) => {
    const text = shown(name)
    expect(text).toMatch(/^[\u0020-\u007E]*$/)
    expect(text).not.toMatch(/^\s*::|##\[/)
  })

  test('different names never look alike', () => {
    expect(shown('\u001B')).toBe(String.raw`\u{1b}`)
    expect(shown(String.raw`\u{1b}`)).not.toBe(shown('\u001B'))
  })

  test('our own text keeps its lines and backslashes, and no line of it is a CI command', () => {
    expect(shownLines('cannot open C:\\x\n::error::boo\n\u001B[1m')).toBe(
      String.raw`cannot open C:\x` + '\n\\u{3a}:error::boo\n\\u{1b}[1m',
    )
  })

  test('ordinary letters of any script stay as they are', () => {
    for (const name of ['Bestellungen-ä', 'заказы', '注文', 'naïve café', '🐇'])
      expect(shown(name)).toBe(name)
  })
})

describe('a table', () => {
  test('aligns wide and hostile cells', () => {
    const text = table(
      [{title: 'name'}, {title: 'count', align: 'right'}],
      [
        ['注文', 1],
        ['\u001B[2J', 20_000],
        ['é', null],
      ],
    )
    const ends = text.split('\n').map(columns)
    expect(new Set(ends).size).toBe(1)
    expect(text).toContain('20,000')
    expect(text.split('\n').at(-1)).toMatch(/\?$/)
  })

  test('cuts what is too long where a reader sees it', () => {
    expect(fit('abcdef', 4)).toBe('abc…')
    expect(columns(fit('注文注文注文', 5))).toBeLessThanOrEqual(5)
  })

  test('prints unknown as a question mark, never as 0', () => {
    expect(figure(null)).toBe('?')
    expect(size(null)).toBe('?')
    expect(duration(null)).toBe('unknown')
  })

  test.each([
    [40, '40 s'],
    [90, '1.5 min'],
    [7200, '2 h'],
    [200_000, '2.3 d'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text)
  })
})

describe('a printed command', () => {
  test.each(["it's", '$(touch /tmp/x)', '`id`', 'a b', '*', '-rf', '--execute', '', '\\', '"', '!', 'ä'])(
    'hands %j to the shell as one argument',
    (argument) => {
      const script = `"${process.execPath}" -e 'process.stdout.write(JSON.stringify(process.argv.slice(1)))' -- ${quoted(argument)}`
      const {stdout} = spawnSync('sh', ['-c', script], {encoding: 'utf8'})
      expect(JSON.parse(stdout)).toEqual([argument])
    },
  )

  test('keeps a flag and its value together', () => {
    expect(ours({dir: 'my move', env: {}}, 'migrate', '--only=-a b', '--execute')).toBe(
      "mqlift migrate --only='-a b' --execute --dir='my move'",
    )
    expect(ours({dir: 'move', env: {MQLIFT_DIR: 'move'}}, 'plan')).toBe('mqlift plan')
  })
})
