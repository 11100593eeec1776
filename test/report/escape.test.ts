import {fromMarkdown} from 'mdast-util-from-markdown'
import {gfmFromMarkdown} from 'mdast-util-gfm'
import {gfm} from 'micromark-extension-gfm'
import {describe, expect, test} from 'vitest'

import {code, link, markdown, table} from '../../src/report/escape.ts'
import {HOSTILE} from './hostile.ts'

interface Node {
  readonly type: string
  readonly value?: string
  readonly url?: string
  readonly children?: readonly Node[]
}

const parse = (text: string): Node =>
  fromMarkdown(text, {extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()]})

/** Types only; an empty text has no node at all, which is the one difference allowed. */
const shape = (node: Node): unknown => [node.type, ...(node.children ?? []).map(shape)]
const texts = (node: Node): string => node.value ?? (node.children ?? []).map(texts).join('')

const page = (name: string): string =>
  [
    `# ${code(name)} heading ${markdown(name)}.`,
    '',
    `x${markdown(name)}`,
    '',
    `${markdown(name)}x`,
    '',
    `- ${markdown(name)}x`,
    `- ${code(name)}`,
    '',
    ...table(
      ['a', 'b'],
      [
        [code(name), `${markdown(name)}x`],
        ['x', `x${markdown(name)}`],
      ],
    ),
    '',
    `> ${markdown(name)}x`,
    '',
    link(`${name}x`, 'https://docs.example/page'),
  ].join('\n')

const harmless = shape(parse(page('orders')))

describe('a report has the same structure whatever a queue is called', () => {
  test.each(HOSTILE)('%j', (name) => {
    expect(shape(parse(page(name)))).toEqual(harmless)
  })

  test('also when all words come in one line', () => {
    const all = HOSTILE.join(' ')
    expect(shape(parse(page(all)))).toEqual(harmless)
  })

  test('also for random mixtures', () => {
    let seed = 7
    const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let round = 0; round < 500; round++) {
      const name = Array.from({length: 1 + next(4)}, () => HOSTILE[next(HOSTILE.length)]).join('')
      expect({name, shape: shape(parse(page(name)))}).toEqual({name, shape: harmless})
    }
  })
})

describe('what the reader sees', () => {
  test('is the text itself when nothing in it is hidden', () => {
    for (const name of ['a|b*c', 'x_y_z', '<b>', 'a&amp;b', '1. one', '${TTL}', 'back\\slash']) {
      expect(texts(parse(markdown(name)))).toBe(name)
    }
  })

  test('shows controls, overrides and zero-width characters', () => {
    expect(code('a\u202Eb\u0000\u200B')).toBe('`a\\u{202e}b\\u{0}\\u{200b}`')
    expect(texts(parse(markdown('a\u202Eb\n')))).toBe('a\\u{202e}b\\u{a}')
  })

  test('never shows two names as one', () => {
    const seen = new Map(HOSTILE.map((name) => [code(name), name]))
    expect(seen.size).toBe(HOSTILE.length)
    expect(code('\\u{202e}')).not.toBe(code('\u202E'))
  })

  test('has nothing that GitHub would link on its own', () => {
    for (const name of HOSTILE) {
      const seen = texts(parse(`x ${markdown(name)} x`))
      expect(seen).not.toMatch(/@\w|#\d|\bgh-\d|https?:\/\/|www\.|:[a-z]\w*:/i)
    }
  })
})

test('a link goes to a plain https address or is text', () => {
  expect(link('docs', 'https://docs.aws.amazon.com/a/b.html#c')).toBe(
    '[docs](https://docs.aws.amazon.com/a/b.html#c)',
  )
  for (const url of ['javascript:alert(1)', 'data:text/html,x', 'https://a/b)c', 'https://a b', 'http://a']) {
    expect(shape(parse(link('x', url)))).toEqual(['root', ['paragraph', ['text'], ['inlineCode'], ['text']]])
  }
})
