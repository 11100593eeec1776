import {expect, test} from 'vitest'

import type {Envelope} from '../../../../src/model/envelope.ts'
import {Intake} from '../../../../src/sources/rabbitmq/read/intake.ts'
import type {Delivery} from '../../../../src/sources/source.ts'

const delivery = (name: string): Delivery => {
  const envelope: Envelope = {
    v: 1,
    source: {id: name},
    properties: {},
    headers: [],
    body: new Uint8Array(),
    delivery: {redelivered: false},
  }
  return {envelope, ack: () => Promise.resolve('applied'), release: () => {}}
}

const nameOf = async (next: Promise<IteratorResult<Delivery, undefined>>) => {
  const result = await next
  return result.done ? 'done' : result.value.envelope.source.id
}

test('hands out in order, to whoever asked first, and what came before the end', async () => {
  const intake = new Intake()
  const [first, second] = [intake.next(), intake.next()]
  for (const name of ['a', 'b', 'c']) intake.push(delivery(name))
  intake.finish()
  expect([await nameOf(first), await nameOf(second)]).toStrictEqual(['a', 'b'])
  expect([await nameOf(intake.next()), await nameOf(intake.next())]).toStrictEqual(['c', 'done'])
})

test('stops at once: what was not yielded is dropped, also while on hold', async () => {
  const intake = new Intake()
  intake.hold(true)
  intake.push(delivery('a'))
  const waiting = intake.next()
  intake.stop()
  expect(await nameOf(waiting)).toBe('done')
})

test('tells a failure once', async () => {
  const intake = new Intake()
  intake.push(delivery('a'))
  intake.fail(new Error('gone'))
  intake.fail(new Error('again'))
  await expect(intake.next()).rejects.toThrow('gone')
  expect(await nameOf(intake.next())).toBe('done')
})

test('yields no more than its limit; what was lost counts again', async () => {
  const intake = new Intake()
  let reached = 0
  intake.limit(2, () => reached++)
  intake.push(delivery('a'))
  await intake.next()
  intake.clear(1)
  for (const name of ['a', 'b', 'c']) intake.push(delivery(name))
  expect([await nameOf(intake.next()), await nameOf(intake.next()), reached]).toStrictEqual(['a', 'b', 1])
  intake.finish()
  expect(await nameOf(intake.next())).toBe('done')
})

test('while on hold nothing is yielded', async () => {
  const intake = new Intake()
  intake.hold(true)
  intake.push(delivery('a'))
  const waiting = intake.next()
  expect(await Promise.race([waiting, Promise.resolve('held')])).toBe('held')
  intake.hold(false)
  expect(await nameOf(waiting)).toBe('a')
})
