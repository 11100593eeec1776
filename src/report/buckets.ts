import type {Buckets} from '../model/verification.ts'
import {count} from './words.ts'

/** Columns of an account, and their cells. */
export const BUCKETS = [
  'Received',
  'Settled',
  'Failed',
  'Doubt',
  'Quarantined',
  'Open',
  'Unexplained',
  'Possible duplicates',
]

export const bucketCells = (buckets: Buckets): string[] =>
  [
    buckets.received,
    buckets.settled,
    buckets.failed,
    buckets.doubt,
    buckets.quarantined,
    buckets.open,
    buckets.unexplained,
    buckets.possibleDuplicates,
  ].map(count)
