import {describe, expect, test} from 'vitest'

import {parseSample} from '../../../src/session/rehearsal/sample.ts'

describe('a sample', () => {
  test.each([
    [undefined, 40, 40],
    [undefined, 5000, 1000],
    [undefined, 200_000, 20_000],
    ['10%', 1000, 100],
    ['10%', 5, 1],
    ['2.5%', 1000, 25],
    ['100%', 70_000, 65_535],
    ['500', 1000, 500],
    ['500', 20, 20],
  ])('%s of %i messages are %i', (text, ready, copies) => {
    expect(parseSample(text).of(ready)).toBe(copies)
  })

  test.each(['', '0', '0%', '101%', '1.5', '-1', 'all', '10 %', '1e3'])('%j is none', (text) => {
    expect(() => parseSample(text)).toThrow(/neither a share nor a number/)
  })
})
