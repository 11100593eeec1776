import type {Headers, Typed} from '../model/envelope.ts'
import type {Random} from './random.ts'

const KIB = 1024

export function order(index: number, random: Random): object {
  const lines = Array.from({length: 1 + random.below(6)}, () => ({
    sku: `sku-${random.below(400)}`,
    quantity: 1 + random.below(4),
    cents: 199 + random.below(20_000),
  }))
  return {id: `o-${index}`, customer: `c-${random.below(900)}`, currency: 'EUR', lines, note: 'Grüße'}
}

export const payment = (index: number, random: Random): object => ({
  order: `o-${index}`,
  cents: 100 + random.below(90_000),
  method: random.pick(['card', 'sepa', 'invoice']),
})

export const cartEvent = (index: number, random: Random): object => ({
  sku: `sku-${random.below(400)}`,
  what: random.pick(['added', 'removed', 'quantity']),
  at: index,
})

export const parcel = (index: number, random: Random): object => ({
  parcel: `JD${String(14_600_000_000 + index * 37 + random.below(30))}`,
  depot: random.pick(['LEJ', 'CGN', 'KRK', 'RTM']),
  grams: 50 + random.below(30_000),
})

/** Mostly small, now and then a product with all its pictures inlined: 300 KiB. */
export function catalogueEntry(index: number, random: Random): object {
  const entry = {sku: `sku-${index}`, title: 'Stuhl, Eiche geölt', cents: 9900}
  return index % 40 === 7
    ? {...entry, picture: Buffer.from(random.bytes(225 * KIB)).toString('base64')}
    : entry
}

/** The one label that no SQS message can hold: 1.2 MiB. */
export const OVERSIZED_LABEL = 31

/** Printer data: not text in any encoding. */
export function binaryLabel(index: number, random: Random): Uint8Array {
  if (index === OVERSIZED_LABEL) return random.bytes(1229 * KIB)
  return random.bytes(index % 20 === 3 ? 300 * KIB : 2 * KIB + random.below(4 * KIB))
}

/** Every type that AMQP 0-9-1 knows, numbers at their edges, names that are keywords somewhere. */
export function everyHeader(index: number, random: Random): Headers {
  const all: readonly (readonly [string, Typed])[] = [
    ['text', {t: 'S', v: 'Ä € 漢'}],
    ['latin1', {t: 'S', v: Uint8Array.of(0x67, 0x72, 0xf6, 0xdf, 0x65)}],
    ['bytes', {t: 'x', v: random.bytes(12)}],
    ['flag', {t: 't', v: index % 2 === 0}],
    ['i8', {t: 'b', v: -128}],
    ['u8', {t: 'B', v: 255}],
    ['i16', {t: 's', v: -32_768}],
    ['u16', {t: 'u', v: 65_535}],
    ['i32', {t: 'I', v: -2_147_483_648}],
    ['u32', {t: 'i', v: 4_294_967_295}],
    ['i64', {t: 'l', v: 9_223_372_036_854_775_807n}],
    ['float', {t: 'f', v: 0.5}],
    ['double', {t: 'd', v: 0.1}],
    ['decimal', {t: 'D', v: {scale: 2, digits: 1999}}],
    ['when', {t: 'T', v: 1_793_602_800n}],
    ['nothing', {t: 'V', v: null}],
    [
      'list',
      {
        t: 'A',
        v: [
          {t: 'I', v: 1},
          {t: 'S', v: 'two'},
          {t: 'V', v: null},
        ],
      },
    ],
    ['table', {t: 'F', v: [['inner', {t: 'F', v: [['deep', {t: 't', v: true}]]}]]}],
    ['__proto__', {t: 'S', v: 'kept'}],
  ]
  // Four at a time, so that most messages stay within the ten attributes of SQS and some do not.
  return index % 12 === 0 ? all : all.filter((_, position) => (position + index) % 5 === 0)
}

/** What the broker adds when it dead-letters. */
export function xDeath(queue: string, reason: string, count: number): Headers {
  const entry: Typed = {
    t: 'F',
    v: [
      ['count', {t: 'l', v: BigInt(count)}],
      ['reason', {t: 'S', v: reason}],
      ['queue', {t: 'S', v: queue}],
      ['time', {t: 'T', v: 1_793_602_800n}],
      ['exchange', {t: 'S', v: 'payments'}],
      ['routing-keys', {t: 'A', v: [{t: 'S', v: 'capture'}]}],
    ],
  }
  return [
    ['x-death', {t: 'A', v: [entry]}],
    ['x-first-death-queue', {t: 'S', v: queue}],
    ['x-first-death-reason', {t: 'S', v: reason}],
  ]
}
