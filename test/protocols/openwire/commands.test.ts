import {describe, expect, test} from 'vitest'

import {connect, goodbye, hello, readAnswer, removeQueue} from '../../../src/protocols/openwire/commands.ts'

const LOGIN = {connection: 'c-1', clientId: 'c-1', user: 'mqlift', password: 'pä😀\0'}

/** As OpenWireFormat of activemq-client 5.18.3 wrote and read them, version 12, loose, without a cache. */
describe('frames are those of ActiveMQ’s own client', () => {
  test.each([
    ['hello', hello(), '0000000e014163746976654d510000000c00'],
    [
      'connect, with a password that Java writes in its own UTF-8',
      connect(1, LOGIN),
      '000000320300000001010178010003632d31010003632d3101000b70c3a4eda0bdedb880c0800100066d716c69667400000001000000',
    ],
    [
      'remove a queue',
      removeQueue(2, 'c-1', 'mqlift-rehearsal-11223344-eu/orders'),
      '000000400800000002010178010003632d3101640100236d716c6966742d72656865617273616c2d31313232333334342d65752f6f726465727301000000000000000000',
    ],
    ['goodbye', goodbye(3), '000000060b0000000300'],
  ])('%s', (_, bytes, hex) => {
    expect(bytes.toString('hex')).toBe(hex)
  })
})

/** Without their size. */
const frame = (hex: string): Buffer => Buffer.from(hex, 'hex')

describe('answers', () => {
  test.each([
    [
      'what a broker says first',
      '014163746976654d510000000c01000000040000000d',
      {type: 'hello', version: 12},
    ],
    ['yes', '1e000000070000000002', {type: 'response', to: 2, failure: null}],
    [
      'no, and why',
      '1f000000080000000002010100166a617661782e6a6d732e4a4d53457863657074696f6e01003744657374696e6174696f6e207374696c6c2068617320616e2061637469766520737562736372697074696f6e3a2071756575653a2f2f78',
      {
        type: 'response',
        to: 2,
        failure: {
          of: 'javax.jms.JMSException',
          message: 'Destination still has an active subscription: queue://x',
        },
      },
    ],
    [
      'no, without a word',
      '1f00000008000000000200',
      {type: 'response', to: 2, failure: {of: '', message: ''}},
    ],
    ['what nobody asked', '0a00000001', {type: 'other'}],
  ])('%s', (_, hex, answer) => {
    expect(readAnswer(frame(hex))).toEqual(answer)
  })

  test.each([
    ['another protocol', '01484558485448454c4c4f000000'],
    ['a frame that ends too early', '1e0000'],
    ['an empty one', ''],
  ])('%s is a RangeError', (_, hex) => {
    expect(() => readAnswer(frame(hex))).toThrow(RangeError)
  })
})
