import {describe, expect, test} from 'vitest'

import type {Headers, Typed} from '../../../src/model/envelope.ts'
import {decodeTable, encodeTable} from '../../../src/protocols/amqp091/field-table.ts'

const field = (name: string | Buffer, ...value: (string | Buffer)[]) => {
  const bytes = Buffer.from(name)
  return Buffer.concat([
    Buffer.of(bytes.length),
    bytes,
    ...value.map((part) => Buffer.from(part as string, 'latin1')),
  ])
}
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** One field of every tag as RabbitMQ or a client writes it, by hand. */
const FIELDS: [string, Buffer, Typed][] = [
  ['text', field('a', 'S', hex('00000005'), Buffer.from('ő€')), {t: 'S', v: 'ő€'}],
  ['empty text', field('a', 'S', hex('00000000')), {t: 'S', v: ''}],
  ['text with U+FFFD of its own', field('a', 'S', hex('00000003 efbfbd')), {t: 'S', v: '\uFFFD'}],
  ['text with a byte order mark', field('a', 'S', hex('00000004 efbbbf61')), {t: 'S', v: '\uFEFFa'}],
  [
    'text that is not UTF-8',
    field('a', 'S', hex('00000003 61ff62')),
    {t: 'S', v: Uint8Array.of(0x61, 0xff, 0x62)},
  ],
  ['bytes', field('a', 'x', hex('00000002 00ff')), {t: 'x', v: Uint8Array.of(0, 255)}],
  ['true', field('a', 't', hex('01')), {t: 't', v: true}],
  ['false', field('a', 't', hex('00')), {t: 't', v: false}],
  ['int8', field('a', 'b', hex('80')), {t: 'b', v: -128}],
  ['uint8', field('a', 'B', hex('ff')), {t: 'B', v: 255}],
  ['int16', field('a', 's', hex('8000')), {t: 's', v: -32_768}],
  ['uint16', field('a', 'u', hex('ffff')), {t: 'u', v: 65_535}],
  ['int32', field('a', 'I', hex('80000000')), {t: 'I', v: -2_147_483_648}],
  ['uint32', field('a', 'i', hex('ffffffff')), {t: 'i', v: 4_294_967_295}],
  ['int64', field('a', 'l', hex('7fffffffffffffff')), {t: 'l', v: 9_223_372_036_854_775_807n}],
  ['int64 of py-amqp', field('a', 'L', hex('0020000000000001')), {t: 'L', v: 9_007_199_254_740_993n}],
  ['float', field('a', 'f', hex('3fc00000')), {t: 'f', v: 1.5}],
  ['double that is whole', field('a', 'd', hex('4008000000000000')), {t: 'd', v: 3}],
  ['negative zero', field('a', 'd', hex('8000000000000000')), {t: 'd', v: -0}],
  ['decimal', field('a', 'D', hex('02 000007cf')), {t: 'D', v: {scale: 2, digits: 1999}}],
  ['timestamp', field('a', 'T', hex('ffffffffffffffff')), {t: 'T', v: 18_446_744_073_709_551_615n}],
  ['void', field('a', 'V'), {t: 'V', v: null}],
  [
    'array',
    field('a', 'A', hex('00000007 6201 56 7401 6202')),
    {
      t: 'A',
      v: [
        {t: 'b', v: 1},
        {t: 'V', v: null},
        {t: 't', v: true},
        {t: 'b', v: 2},
      ],
    },
  ],
  ['table', field('a', 'F', hex('00000003'), field('', 'b', hex('07'))), {t: 'F', v: [['', {t: 'b', v: 7}]]}],
]

describe('a field table', () => {
  test.each(FIELDS)('keeps %s', (_, bytes, value) => {
    expect(decodeTable(bytes)).toStrictEqual([['a', value]])
    expect(encodeTable([['a', value]])).toStrictEqual(bytes)
  })

  test('keeps order, repeats, `__proto__` and `!`', () => {
    const names = ['z', '__proto__', '!', 'a', 'z', '']
    const bytes = Buffer.concat(names.map((name) => field(name, 'V')))
    expect(decodeTable(bytes).map(([name]) => name)).toStrictEqual(names)
    expect(encodeTable(decodeTable(bytes))).toStrictEqual(bytes)
  })

  test.each([
    ['ff', '\uDCFF'],
    ['61 c3 62', 'a\uDCC3b'],
    ['eda080', '\uDCED\uDCA0\uDC80'],
    ['f0908080 f4908080', '\u{10000}\uDCF4\uDC90\uDC80\uDC80'],
    ['e282', '\uDCE2\uDC82'],
    ['c080 efbfbd', '\uDCC0\uDC80\uFFFD'],
  ])('keeps the bytes %s of a name', (bytes, name) => {
    const table = field(hex(bytes), 'V')
    expect(decodeTable(table)).toStrictEqual([[name, {t: 'V', v: null}]])
    expect(encodeTable(decodeTable(table))).toStrictEqual(table)
  })

  test('of a thousand random tables every one comes back byte for byte', () => {
    const random = mulberry(20_261_124)
    for (let round = 0; round < 1000; round++) {
      const bytes = encodeTable(randomTable(random, 3))
      expect(encodeTable(decodeTable(bytes)).equals(bytes)).toBe(true)
    }
  })

  test.each([
    ['an unknown type', field('a', '?')],
    ['text longer than the table', field('a', 'S', hex('000000ff'), 'x')],
    ['a name longer than the table', hex('ff61')],
    ['a number cut short', field('a', 'l', hex('00'))],
    [
      'a table that ends inside its parent’s sibling',
      Buffer.concat([field('a', 'F', hex('00000002'), hex('0161'))]),
    ],
    ['nesting without end', field('a', ...Array.from({length: 60_000}, () => ['A', hex('7fffffff')]).flat())],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeTable(bytes)).toThrow(RangeError)
  })
})

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function randomTable(random: () => number, depth: number): Headers {
  const below = (limit: number) => Math.floor(random() * limit)
  const bytes = (length: number) => Uint8Array.from({length}, () => below(256))
  const value = (): Typed => {
    const maker = makers[below(depth > 0 ? makers.length : makers.length - 2)]
    return maker ? maker() : {t: 'V', v: null}
  }
  const integer = (t: 'b' | 'B' | 's' | 'u' | 'I' | 'i', low: number, span: number) => (): Typed => ({
    t,
    v: low + below(span),
  })
  const wide = () => (BigInt(below(2 ** 32)) << 31n) * (random() < 0.5 ? 1n : -1n)
  const makers: (() => Typed)[] = [
    () => ({t: 'S', v: String.fromCodePoint(below(0xd800), 0x10000 + below(0xfffff))}),
    () => ({t: 'S', v: bytes(4)}),
    () => ({t: 'x', v: bytes(below(9))}),
    () => ({t: 't', v: random() < 0.5}),
    integer('b', -128, 256),
    integer('B', 0, 256),
    integer('s', -32_768, 65_536),
    integer('u', 0, 65_536),
    integer('I', -(2 ** 31), 2 ** 32),
    integer('i', 0, 2 ** 32),
    () => ({t: 'l', v: wide()}),
    () => ({t: 'L', v: wide()}),
    () => ({t: 'T', v: BigInt(below(2 ** 32)) << 32n}),
    () => ({t: 'f', v: Math.fround(random() * 1e9)}),
    () => ({t: 'd', v: random() * 1e300}),
    () => ({t: 'D', v: {scale: below(256), digits: below(2 ** 32)}}),
    () => ({t: 'V', v: null}),
    () => ({t: 'F', v: randomTable(random, depth - 1)}),
    () => ({t: 'A', v: randomTable(random, depth - 1).map(([, inner]) => inner)}),
  ]
  return Array.from({length: below(6)}, () => [String.fromCodePoint(below(0xd800)), value()] as const)
}
