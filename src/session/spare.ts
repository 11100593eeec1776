import {checkedRecords} from '../archive/read.ts'
import {SeqSet} from '../archive/seq-set.ts'
import type {Taken} from '../archive/taken.ts'
import type {LedgerReader} from '../ledger/ledger.ts'
import {readLedger} from '../ledger/open.ts'
import {digestOf} from '../model/canonical.ts'
import type {Workspace} from '../workspace/workspace.ts'
import {cameFromTargets, type Multiset} from './recognise.ts'
import type {Survey} from './rollback-survey.ts'

interface Parts {
  readonly forward: LedgerReader
  readonly taken: Taken
  readonly folder: Workspace
}

/**
 * A message that came back from the target is not brought back from the archive as well: for each copy that was
 * recorded as sent to the old broker, one record of the same content stays in the archive.
 */
export async function spare(survey: Survey, {forward, taken, folder}: Parts): Promise<void> {
  if (!(await folder.has('archive')) || !(await folder.has('ledger.db'))) return
  await using ledger = await readLedger(folder.path('ledger.db'))
  const came = await cameFromTargets(folder.path('archive'), ledger, forward.key)
  if (came.isEmpty) return
  // Those that were noted before have had their copy.
  if (taken.elsewhere.size > 0) await matched(survey, forward, came, (seq) => taken.elsewhere.has(seq))
  // What was set aside never reached a target: no copy of it can have come from one.
  const reached = (seq: number): boolean => survey.left.settled.has(seq) || survey.left.sent.has(seq)
  const found = await matched(survey, forward, came, (seq) => !taken.has(seq) && reached(seq))
  if (found.length > 0) await taken.take(found, 'elsewhere')
}

const EMPTY = Buffer.alloc(0)

/** Records that a copy is taken out for. */
async function matched(
  {contents}: Survey,
  {key}: LedgerReader,
  came: Multiset,
  candidate: (seq: number) => boolean,
): Promise<number[]> {
  const seen = new SeqSet()
  const found: number[] = []
  if (contents.segments.length === 0) return found
  for await (const {seq, envelope} of checkedRecords(contents.folder, [])) {
    if (seen.has(seq) || !candidate(seq)) continue
    seen.add(seq)
    if (came.take(digestOf(key, envelope, EMPTY))) found.push(seq)
  }
  return found
}
