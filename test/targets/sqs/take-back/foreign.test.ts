import {expect, test} from 'vitest'

import {foreignEnvelope} from '../../../../src/targets/sqs/take-back/foreign.ts'
import {ORDERS} from '../../../fakes/plan.ts'

const text = (StringValue: string) => ({DataType: 'String', StringValue})
const number = (StringValue: string) => ({DataType: 'Number.int', StringValue})

const marked = (Body: string, marker: string) =>
  foreignEnvelope({Body, MessageAttributes: {'mqlift.body': text(marker)}}, ORDERS)

test('attributes become headers with the type that fits, `prop.…` properties; the message is persistent', () => {
  const envelope = foreignEnvelope(
    {
      Body: 'grüße',
      MessageAttributes: {
        note: text('ä'),
        amount: number('-12'),
        wide: number('9223372036854775807'),
        wider: number('9223372036854775808'),
        ratio: number('1.50'),
        blob: {DataType: 'Binary', BinaryValue: new Uint8Array([0, 255])},
        'prop.contentType': text('text/plain'),
        'prop.unknown': text('x'),
      },
    },
    ORDERS,
  )
  expect(envelope).toEqual({
    v: 1,
    source: {id: ORDERS},
    properties: {deliveryMode: 2, contentType: 'text/plain'},
    headers: [
      ['note', {t: 'S', v: 'ä'}],
      ['amount', {t: 'l', v: -12n}],
      ['wide', {t: 'l', v: 9223372036854775807n}],
      ['wider', {t: 'S', v: '9223372036854775808'}],
      ['ratio', {t: 'S', v: '1.50'}],
      ['blob', {t: 'x', v: new Uint8Array([0, 255])}],
      ['prop.unknown', {t: 'S', v: 'x'}],
    ],
    body: new Uint8Array(Buffer.from('grüße')),
    delivery: {redelivered: false},
  })
})

test('a publisher that follows our wire format marks what is not the body itself', () => {
  expect(marked('(empty)', 'empty').body).toEqual(new Uint8Array())
  expect(marked('AP8=', 'base64').body).toEqual(new Uint8Array([0, 255]))
  expect(marked('AP8=', 'base64').headers).toEqual([])
})
