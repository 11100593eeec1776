import {expect, test} from 'vitest'

import {incomplete} from '../../src/session/verify.ts'

const TOTAL = {received: 3, settled: 2, failed: 0, doubt: 0, open: 0, possibleDuplicates: 0}

test('what did not reach the target: retry is named, which knows of the archive as well', () => {
  const total = {...TOTAL, quarantined: 1, unexplained: 0}
  const problem = incomplete({at: '', proof: 'proved', total, destinations: [], assumptions: []})
  expect(problem).toMatchObject({kind: 'incomplete', reason: 'left-behind'})
  expect(problem?.suggestions).toContain(
    'mqlift retry says what it would try again, from the broker and from the archive',
  )
})
