import rhea from 'rhea'
import {describe, expect, test} from 'vitest'

import {readMessage} from '../../../src/protocols/amqp1/raw-message.ts'

const {types} = rhea

function long(value: bigint) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return types.wrap_long(bytes)
}

const encoded = (message: object): Buffer => rhea.message.encode(message)

describe('values keep their type', () => {
  test.each([
    ['true', types.wrap_boolean(true), {type: 'boolean', value: true}],
    ['false', types.wrap_boolean(false), {type: 'boolean', value: false}],
    ['a byte', types.wrap_byte(-128), {type: 'byte', value: -128}],
    ['a short', types.wrap_short(-300), {type: 'short', value: -300}],
    ['a small int', types.wrap_int(-5), {type: 'int', value: -5}],
    ['an int', types.wrap_int(2_147_483_647), {type: 'int', value: 2_147_483_647}],
    ['a small long', types.wrap_long(-5), {type: 'long', value: -5n}],
    ['a long above 2^53', long(9_007_199_254_740_993n), {type: 'long', value: 9_007_199_254_740_993n}],
    ['a float', types.wrap_float(1.5), {type: 'float', value: 1.5}],
    ['a double', types.wrap_double(-0), {type: 'double', value: -0}],
    ['an empty text', types.wrap_string(''), {type: 'string', value: ''}],
    ['a text', types.wrap_string('grün'), {type: 'string', value: 'grün'}],
    ['a long text', types.wrap_string('x'.repeat(300)), {type: 'string', value: 'x'.repeat(300)}],
    ['no sequence', types.wrap_uint(0), {type: 'uint', value: 0}],
    ['a sequence', types.wrap_uint(70_000), {type: 'uint', value: 70_000}],
    ['nothing', null, {type: 'null', value: null}],
    ['a symbol', types.wrap_symbol('s'), {type: 'other', value: null}],
    ['a list', types.wrap_list([1, 'two']), {type: 'other', value: null}],
  ])('%s', (_, value, expected) => {
    const {applicationProperties} = readMessage(encoded({application_properties: {before: 1, value}}))
    expect(applicationProperties.map(([name]) => name)).toEqual(['before', 'value'])
    expect(applicationProperties[1]?.[1]).toEqual(expected)
  })
})

describe('bodies', () => {
  test.each([
    ['text', types.wrap_string('grün\0'), {text: 'grün\0'}],
    ['empty text', types.wrap_string(''), {text: ''}],
    ['null', types.wrap_described(null, 0x77), {text: ''}],
    ['bytes', rhea.message.data_section(Buffer.from([0, 255])), {bytes: Buffer.from([0, 255])}],
    ['no bytes', rhea.message.data_section(Buffer.alloc(0)), {bytes: Buffer.alloc(0)}],
    [
      'bytes in pieces',
      rhea.message.data_sections([Buffer.from('a'), Buffer.from('b')]),
      {bytes: Buffer.from('ab')},
    ],
    ['a number', types.wrap_int(1), null],
    ['a sequence', rhea.message.sequence_section([1]), null],
  ])('%s', (_, body, expected) => {
    expect(readMessage(encoded({body})).body).toEqual(expected)
  })
})

test('group and sequence are in their places among the properties', () => {
  const {properties} = readMessage(encoded({message_id: 'm', group_id: 'g', group_sequence: 3, body: 'x'}))
  expect(properties[0]).toEqual({type: 'string', value: 'm'})
  expect(properties.slice(10, 12)).toEqual([
    {type: 'string', value: 'g'},
    {type: 'uint', value: 3},
  ])
})

test('a message that ends too early, or is none, is a RangeError', () => {
  const whole = encoded({application_properties: {name: 'value'}, body: 'x'})
  const bodyAt = (end: number): unknown => {
    try {
      return readMessage(whole.subarray(0, end)).body
    } catch (error) {
      return error
    }
  }
  const bodies = Array.from({length: whole.length - 1}, (_, index) => bodyAt(index + 1))
  // Cut between two sections it is a whole message, without the body.
  const found = new Set(
    bodies.map((body) => (body instanceof RangeError ? 'RangeError' : JSON.stringify(body))),
  )
  expect(found).toEqual(new Set(['RangeError', '{"bytes":{}}']))
  expect(() => readMessage(Buffer.from('hello'))).toThrow(RangeError)
  expect(() => readMessage(Buffer.from([0, 0x10]))).toThrow(RangeError)
})
