import {expect, test} from 'vitest'

import type {Filter} from '../../../src/routing/filter-policy.ts'
import {selectorOf} from '../../../src/targets/amazon-mq-activemq/selector.ts'

test.each<[Filter, string | null]>([
  [null, null],
  [[{rk: ['a.b']}], "rk = 'a.b'"],
  [[{rk: ["it's", 'b']}], "rk IN ('it''s', 'b')"],
  [[{w0: ['eu'], n: [{numeric: ['>=', 2]}]}], "w0 = 'eu' AND n >= 2"],
  [[{rk: [{prefix: '100%_'}]}], String.raw`rk LIKE '100\%\_%' ESCAPE '\'`],
  [[{rkd: [{suffix: '.b.'}]}], "rkd LIKE '%.b.'"],
  [[{rkd: [{wildcard: String.raw`.a.*.\*.`}]}], "rkd LIKE '.a.%.*.'"],
  [[{'x-kind': ['mail']}], "x_HYPHEN_kind = 'mail'"],
  [[{rk: [{exists: false}, {'anything-but': ['a', 'b']}]}], "(rk IS NULL OR rk NOT IN ('a', 'b'))"],
  [[{a: ['1']}, {b: [{exists: true}]}], "(a = '1') OR (b IS NOT NULL)"],
])('%j', (filter, selector) => {
  expect(selectorOf(filter)).toBe(selector)
})
