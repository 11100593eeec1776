import {expect, test} from 'vitest'

import {laidOut} from '../../src/model/laid-out.ts'

const text = (value: object): string => [...laidOut(value)].join('')

test('every entry of a list has a line of its own, everything else is indented', () => {
  const value = {
    kind: 'mqlift/inventory',
    tags: ['a', 'b'],
    none: [],
    destinations: [
      {id: 'q', facts: {durable: true}},
      {id: 'x', facts: {}},
    ],
    estate: {findings: [{rule: 'r'}], ignored: []},
    inputs: {},
  }
  expect(text(value)).toBe(`{
  "kind": "mqlift/inventory",
  "tags": ["a","b"],
  "none": [],
  "destinations": [
    {"id":"q","facts":{"durable":true}},
    {"id":"x","facts":{}}
  ],
  "estate": {
    "findings": [
      {"rule":"r"}
    ],
    "ignored": []
  },
  "inputs": {}
}
`)
})

test('it reads back as JSON.stringify would have it', () => {
  const value = {
    left: undefined,
    'a "name"\n': 'line\u2028end',
    list: [null, 1, {deep: [{deeper: undefined}]}],
    mixed: [{a: 1}, null, [2]],
    nothing: null,
  }
  expect(JSON.parse(text(value))).toEqual(JSON.parse(JSON.stringify(value)))
  expect(JSON.parse(text(JSON.parse('{"__proto__": {"a": 1}}')))).toEqual(
    JSON.parse('{"__proto__": {"a": 1}}'),
  )
})
