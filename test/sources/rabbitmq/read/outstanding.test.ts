import {describe, expect, test} from 'vitest'

import {Outstanding} from '../../../../src/sources/rabbitmq/read/outstanding.ts'

/** `count` deliveries with tags from 1 on. */
function received(count: number) {
  const outstanding = new Outstanding()
  const items = Array.from({length: count}, (_, index) => outstanding.add(index + 1, 10, index))
  return {outstanding, items, ack: (...tags: number[]) => tags.map((tag) => outstanding.ack(items[tag - 1]!))}
}

const settled = async (ack: Promise<unknown> | undefined) => Promise.race([ack, Promise.resolve('pending')])

describe('what is outstanding on a channel', () => {
  test('one `multiple` takes the longest prefix in which everything is acked', () => {
    const {outstanding, ack} = received(10)
    void ack(2, 3, 1, 5)
    expect(outstanding.frames(16)).toStrictEqual([{tag: 3, multiple: true, messages: 3}])
    expect(outstanding.frames(16)).toStrictEqual([])
    void ack(4)
    expect(outstanding.frames(0)).toStrictEqual([])
    expect(outstanding.frames(1)).toStrictEqual([{tag: 5, multiple: true, messages: 2}])
  })

  test('a released delivery is never covered: from there on acks go out one by one', () => {
    const {outstanding, items, ack} = received(6)
    outstanding.release(items[2]!)
    void ack(1, 2, 4, 5)
    expect(outstanding.frames(16)).toStrictEqual([
      {tag: 2, multiple: true, messages: 2},
      {tag: 4, multiple: false, messages: 1},
      {tag: 5, multiple: false, messages: 1},
    ])
    void ack(6)
    expect(outstanding.frames(16)).toStrictEqual([{tag: 6, multiple: false, messages: 1}])
    expect(outstanding.kept).toBe(1)
  })

  test('acks pass a delivery that is not answered, and it is acked later; then they go together again', async () => {
    const {outstanding, ack} = received(8)
    const acks = ack(1, 2, 4, 5)
    expect(outstanding.frames(16)).toStrictEqual([{tag: 2, multiple: true, messages: 2}])
    expect(outstanding.frames(16)).toStrictEqual([])
    expect(outstanding.frames(16, true)).toStrictEqual([
      {tag: 4, multiple: false, messages: 1},
      {tag: 5, multiple: false, messages: 1},
    ])
    acks.push(...ack(3, 7))
    expect(outstanding.frames(16)).toStrictEqual([{tag: 3, multiple: false, messages: 1}])
    acks.push(...ack(6, 8))
    const last = outstanding.frames(16)
    expect(last.at(-1)).toMatchObject({tag: 8})
    expect(outstanding.toFrame).toBe(0)
    outstanding.prove(8)
    expect(new Set(await Promise.all(acks.map(settled)))).toStrictEqual(new Set(['applied']))
    expect(outstanding.kept).toBe(0)
  })

  test('what was passed and never answered is given back at the end', () => {
    const {outstanding, ack} = received(3)
    void ack(2, 3)
    outstanding.frames(16, true)
    outstanding.releaseRest()
    expect(outstanding.open).toBe(0)
    expect(outstanding.kept).toBe(1)
  })

  test('gives no more frames than it may, and none twice', () => {
    const {outstanding, items, ack} = received(40)
    outstanding.release(items[1]!)
    void ack(1, ...Array.from({length: 38}, (_, index) => index + 3))
    const frames = [outstanding.frames(16), outstanding.frames(16), outstanding.frames(16)]
    expect(frames.map(({length}) => length)).toStrictEqual([16, 16, 7])
    expect(frames.flat().map(({tag}) => tag)).toStrictEqual([1, ...Array.from({length: 38}, (_, i) => i + 3)])
    expect(outstanding.toFrame).toBe(0)
  })

  test('an ack resolves when it is proved, in the order in which acks were told', async () => {
    const {outstanding, ack} = received(4)
    const acks = ack(1, 2, 3)
    outstanding.prove(3)
    expect(await Promise.all(acks.map(settled))).toStrictEqual(['pending', 'pending', 'pending'])
    outstanding.frames(16)
    outstanding.prove(2)
    expect(await Promise.all(acks.map(settled))).toStrictEqual(['applied', 'applied', 'pending'])
    expect(outstanding.unproved).toBe(1)
  })

  test('what the broker gave back is lost from the end; what was proved stays proved', async () => {
    const {outstanding, ack} = received(5)
    const acks = ack(1, 2, 3, 4, 5)
    outstanding.frames(16)
    outstanding.prove(2)
    outstanding.loseLast(2)
    outstanding.prove(outstanding.framed)
    expect(await Promise.all(acks.map(settled))).toStrictEqual([
      'applied',
      'applied',
      'applied',
      'lost',
      'lost',
    ])
    outstanding.loseLast(100)
    expect(outstanding.applied).toBe(3)
  })

  test('after the end every ack is lost: told, not told, and not yet called', async () => {
    const {outstanding, ack} = received(4)
    const [told] = ack(1)
    outstanding.frames(16)
    const [untold] = ack(3)
    outstanding.close()
    const [late] = ack(4)
    expect(await Promise.all([told, untold, late].map(settled))).toStrictEqual(['lost', 'lost', 'lost'])
  })

  test('counts bytes until they are acked or released', () => {
    const {outstanding, items, ack} = received(3)
    expect(outstanding.bytes).toBe(30)
    void ack(1)
    outstanding.release(items[1]!)
    expect(outstanding.bytes).toBe(10)
    outstanding.releaseRest()
    expect([outstanding.bytes, outstanding.open]).toStrictEqual([0, 0])
  })

  test('counts right over many thousands', async () => {
    const outstanding = new Outstanding()
    let framed = 0
    let last: Promise<unknown> | undefined
    for (let tag = 1; tag <= 20_000; tag++) {
      last = outstanding.ack(outstanding.add(tag, 1, 0))
      if (tag % 100 !== 0) continue
      for (const frame of outstanding.frames(16)) framed += frame.messages
      outstanding.prove(tag - 50)
    }
    expect([framed, outstanding.framed, outstanding.applied, outstanding.unproved]).toStrictEqual([
      20_000, 20_000, 19_950, 50,
    ])
    outstanding.prove(20_000)
    expect(await settled(last)).toBe('applied')
  })
})
