import {describe, expect, test} from 'vitest'

import type {Headers, Properties} from '../../../../src/model/envelope.ts'
import {ContentHeader} from '../../../../src/protocols/amqp091/content-header.ts'
import {identityReader} from '../../../../src/sources/rabbitmq/read/envelope.ts'

const content = (properties: Properties, headers: Headers = []): ContentHeader =>
  new ContentHeader({properties, headers, table: undefined})

describe('the identity that the operator vouches for', () => {
  test.each(['property:messageId', 'property:message-id', 'property:message_id'])('%s', (spec) => {
    expect(identityReader(spec)?.(content({messageId: '7'}))).toBe('7')
  })

  test('a 64-bit header keeps its value: neighbours are two messages', () => {
    const read = identityReader('header:id')
    const identity = (v: bigint): string | undefined => read?.(content({}, [['id', {t: 'l', v}]]))
    expect(identity(9_007_199_254_740_993n)).toBe('9007199254740993')
    expect(identity(9_007_199_254_740_992n)).toBe('9007199254740992')
  })

  test('what is not text or a whole number is no identity', () => {
    const read = identityReader('header:id')
    expect(read?.(content({}, [['id', {t: 'd', v: 1.5}]]))).toBeUndefined()
    expect(read?.(content({}, [['id', {t: 't', v: true}]]))).toBeUndefined()
    expect(read?.(content({}, [['id', {t: 'S', v: ''}]]))).toBeUndefined()
  })
})
