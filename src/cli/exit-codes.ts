import type {ErrorKind} from '../errors.ts'

/** docs/exit-codes.md freezes this table: codes change only in a major version. */
export const EXIT_CODES: Readonly<Record<ErrorKind | 'bug', number>> = {
  bug: 1,
  usage: 2,
  input: 3,
  unreachable: 4,
  refused: 5,
  incomplete: 6,
  threshold: 7,
  interrupted: 130,
}
