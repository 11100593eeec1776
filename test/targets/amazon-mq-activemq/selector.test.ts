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
  expect(selectorOf(filter)).toEqual({selector, widened: []})
})

test.each<[Filter, string | null, string[]]>([
  [[{'1abc': ['x'], rk: ['a']}], "rk = 'a'", ['1abc: selectors cannot name it, so any value passes']],
  [[{in: ['x']}], null, ['in: selectors cannot name it, so any value passes']],
  [[{JMSType: ['x']}, {rk: ['a']}], null, ['JMSType: selectors cannot name it, so any value passes']],
  [
    [{rk: ['a', 'b\u0001'], w0: ['eu']}],
    "w0 = 'eu'",
    [String.raw`rk: activemq.xml cannot hold "b\u{1}", so any value passes`],
  ],
  [
    [{rk: [{'anything-but': ['\uFFFE']}]}],
    null,
    [String.raw`rk: activemq.xml cannot hold "\u{fffe}", so any value passes`],
  ],
  [
    [{rk: [{prefix: '\uD800'}]}],
    null,
    [String.raw`rk: activemq.xml cannot hold "\u{d800}", so any value passes`],
  ],
  [
    [
      {rk: ['a'], is: ['1']},
      {rk: ['a'], is: ['2']},
    ],
    "rk = 'a'",
    ['is: selectors cannot name it, so any value passes'],
  ],
])('what a selector cannot ask is not asked, and said: %j', (filter, selector, widened) => {
  expect(selectorOf(filter)).toEqual({selector, widened})
})
