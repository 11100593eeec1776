import {expect, test} from 'vitest'

import {crossed} from '../../src/cli/threshold.ts'
import type {Finding} from '../../src/model/assessment.ts'
import {inputs} from '../report/cases.ts'

const {assessment} = inputs()
const [first] = assessment.destinations
if (!first) throw new Error('no destination in the cases')
const lossy: Finding = {
  rule: 'queue-max-length',
  subjects: [first.id],
  platform: 'sqs-standard',
  verdict: 'lossy',
  because: 'SQS keeps all',
  evidence: [],
}
const recommended = {...first.recommended, platform: 'sqs-standard' as const}

test.each([
  ['with the destination', {findings: [lossy]}, []],
  ['with the estate', {findings: []}, [lossy]],
])('a loss that is said %s crosses the threshold', (_, own, shared) => {
  const estate = {...assessment.estate, findings: shared}
  const known = {...assessment, estate, destinations: [{...first, recommended, ...own}]}
  expect(crossed(known, {'fail-on': 'lossy'})?.kind).toBe('threshold')
  expect(crossed({...known, estate: {...estate, findings: []}, destinations: []}, {'fail-on': 'lossy'})).toBe(
    undefined,
  )
})
