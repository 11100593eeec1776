import {describe, expect, test} from 'vitest'

import type {Headers} from '../../../src/model/envelope.ts'
import {decodeContentHeader} from '../../../src/protocols/amqp091/content-header.ts'
import {Content, encodeProperties} from '../../../src/protocols/amqp091/content-writer.ts'
import {OutstandingBatches} from '../../../src/protocols/amqp091/outstanding-batches.ts'

const content = (body: string, headers: Headers = []): Content =>
  new Content(encodeProperties({messageId: 'm'}, headers), Buffer.from(body))

const returned = ({properties, body}: Content) => ({
  header: decodeContentHeader(properties, 0),
  body: Buffer.from(body),
})

const three = (): [Content, Content, Content] => [content('a'), content('b'), content('c')]

describe('what was published and not answered', () => {
  test('one ack for many reaches over batches, and only up to its tag', async () => {
    const batches = new OutstandingBatches()
    const first = batches.add(three())
    const second = batches.add(three())
    batches.settle(5, true, 'confirmed')
    expect(await first).toEqual({first: 1, fates: ['confirmed', 'confirmed', 'confirmed']})
    expect(batches.messages).toBe(1)
    batches.settle(6, false, 'nacked')
    expect(await second).toEqual({first: 4, fates: ['confirmed', 'confirmed', 'nacked']})
    expect(batches.messages).toBe(0)
  })

  test('single acks may come in any order, and a tag said twice counts once', async () => {
    const batches = new OutstandingBatches()
    const all = batches.add(three())
    batches.settle(3, false, 'confirmed')
    batches.settle(3, false, 'nacked')
    batches.settle(1, false, 'nacked')
    batches.settle(9, false, 'confirmed')
    batches.settle(2, true, 'confirmed')
    expect(await all).toEqual({first: 1, fates: ['nacked', 'confirmed', 'confirmed']})
  })

  test('a returned message is not accepted by the ack that follows', async () => {
    const batches = new OutstandingBatches()
    const contents = three()
    const all = batches.add(contents)
    expect(batches.takeBack(returned(contents[1]))).toBe(true)
    batches.settle(3, true, 'confirmed')
    expect((await all).fates).toEqual(['confirmed', 'returned', 'confirmed'])
  })

  test('of two equal messages one is taken back for each return', async () => {
    const batches = new OutstandingBatches()
    const all = batches.add([content('a'), content('a')])
    expect(batches.takeBack(returned(content('a')))).toBe(true)
    expect(batches.takeBack(returned(content('a')))).toBe(true)
    expect(batches.takeBack(returned(content('a')))).toBe(false)
    batches.settle(2, true, 'confirmed')
    expect((await all).fates).toEqual(['returned', 'returned'])
  })

  test('recognises a message by headers and properties, too, in whatever order headers come back', async () => {
    const [x, y]: [Headers, Headers] = [[['k', {t: 'S', v: '1'}]], [['k', {t: 'S', v: '2'}]]]
    const both: Headers = [
      ['b', {t: 'V', v: null}],
      ['a', {t: 'V', v: null}],
    ]
    const batches = new OutstandingBatches()
    const all = batches.add([content('a', x), content('a', y), content('a', both)])
    expect(batches.takeBack(returned(content('a', y)))).toBe(true)
    expect(batches.takeBack(returned(content('a', both.toReversed())))).toBe(true)
    expect(batches.takeBack(returned(content('a')))).toBe(false)
    batches.settle(3, true, 'confirmed')
    expect((await all).fates).toEqual(['confirmed', 'returned', 'returned'])
  })

  test('at the end what was not answered is lost; what was returned is known', async () => {
    const batches = new OutstandingBatches()
    const contents = three()
    const all = batches.add(contents)
    batches.takeBack(returned(contents[2]))
    batches.settle(1, false, 'confirmed')
    batches.end()
    expect((await all).fates).toEqual(['confirmed', 'lost', 'returned'])
    expect(batches.messages).toBe(0)
  })
})
