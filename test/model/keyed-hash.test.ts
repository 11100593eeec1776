import {createHmac, createSecretKey, randomBytes} from 'node:crypto'

import {expect, test} from 'vitest'

import {keyedHash} from '../../src/model/keyed-hash.ts'

test.each([16, 32, 64, 65, 200])(
  'a key of %i bytes: what createHmac gives, for every size around the block and the limit',
  (bytes) => {
    const key = createSecretKey(randomBytes(bytes))
    for (const size of [0, 1, 55, 56, 63, 64, 65, 1000, 16_283, 16_284, 16_285, 40_000]) {
      const [head, body] = [randomBytes(100), randomBytes(size)]
      const expected = createHmac('sha256', key).update(head).update(body).digest('hex')
      expect(keyedHash(key, head, body).toString('hex')).toBe(expected)
    }
  },
)

test('several keys at once, and digests that outlive the next one', () => {
  const keys = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))] as const
  const parts = [Buffer.from('head'), Buffer.from('body')] as const
  const found = [keyedHash(keys[0], ...parts), keyedHash(keys[1], ...parts), keyedHash(keys[0], ...parts)]
  const expected = [keys[0], keys[1], keys[0]].map((key) =>
    createHmac('sha256', key).update('headbody').digest('hex'),
  )
  expect(found.map((digest) => digest.toString('hex'))).toEqual(expected)
})
