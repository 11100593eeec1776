import {expect, test} from 'vitest'

import type {VerifiedDestination} from '../../src/model/verification.ts'
import {incomplete} from '../../src/session/verify.ts'

const TOTAL = {received: 3, settled: 2, failed: 0, doubt: 0, open: 0, possibleDuplicates: 0}

test('what cannot be explained: the queue and the comparison are in the error', () => {
  const destination = {
    id: 'queue:a/q',
    comparisons: {source: 2, digests: 0, target: null},
    levels: [
      {level: 'V1', outcome: 'passed', because: '3 received'},
      {level: 'V3', outcome: 'failed', because: '3 at the start, 0 arrived, 5 acknowledged, 0 left'},
    ],
  } as unknown as VerifiedDestination
  const problem = incomplete({
    at: '',
    proof: 'not-checked',
    total: {...TOTAL, quarantined: 0, unexplained: null},
    destinations: [destination],
    assumptions: [],
  })
  expect(problem).toMatchObject({kind: 'incomplete', reason: 'unexplained'})
  expect(problem?.message).toBe(
    'at least 2 messages cannot be explained (queue:a/q: 3 at the start, 0 arrived, 5 acknowledged, 0 left)',
  )
})

test('what did not reach the target: retry is named, which knows of the archive as well', () => {
  const total = {...TOTAL, quarantined: 1, unexplained: 0}
  const problem = incomplete({at: '', proof: 'proved', total, destinations: [], assumptions: []})
  expect(problem).toMatchObject({kind: 'incomplete', reason: 'left-behind'})
  expect(problem?.suggestions).toContain(
    'mqlift retry says what it would try again, from the broker and from the archive',
  )
})
