import type {Contents} from '../archive/contents.ts'
import type {Positions} from '../archive/positions.ts'
import {lookAtTaken, type TakenSets} from '../archive/taken.ts'
import {archivedWithin, type Interval} from '../archive/times.ts'
import {type Selection, selectionAmong} from '../cli/selection.ts'
import {MqliftError} from '../errors.ts'
import type {LedgerReader, MoveAccount} from '../ledger/ledger.ts'
import type {NotMoved} from '../model/plan.ts'
import {LEFT_STATES, type LeftState, type RolledBackDestination} from '../model/rollback.ts'
import {archivedOf, type Left, leftOf} from './moved.ts'
import {estimateBack, notBackBecause} from './rollback-plan.ts'
import type {Session} from './session.ts'

export interface SurveyFlags {
  readonly only?: readonly string[] | undefined
  readonly except?: readonly string[] | undefined
  /** Epoch milliseconds. */
  readonly since?: number | undefined
  readonly 'until-time'?: number | undefined
  readonly state?: readonly LeftState[] | undefined
  readonly 'leave-consumed'?: boolean | undefined
}

/** What the ledger and the archive say about a way back, and what has come back already. */
export interface Survey {
  /** Those that can come back, of what is selected. */
  readonly accounts: readonly MoveAccount[]
  readonly all: readonly MoveAccount[]
  readonly contents: Contents
  readonly left: Left
  readonly wanted: (seq: number) => boolean
  readonly destinations: readonly RolledBackDestination[]
  readonly notBack: readonly NotMoved[]
  readonly selected: Selection
}

export const TAKEN = 'rollback/taken.log'

/** Reads only. */
export async function surveyOf(session: Session, ledger: LedgerReader, flags: SurveyFlags): Promise<Survey> {
  const {workspace} = session
  const folder = workspace.path('archive')
  const archived = await workspace.has('archive')
  // What waits at the targets can come back without one.
  if (!archived && !flags['leave-consumed']) throw noArchive(folder)
  const all = ledger.accounts()
  const selected = selectionAmong(
    all.map(({source}) => source),
    flags,
  )
  const left = await leftOf(ledger)
  const contents = archived ? await archivedOf(folder, left) : {folder, segments: [], destinations: new Map()}
  const wanted = await wish(folder, left, flags)
  const taken = await lookAtTaken(workspace.path(TAKEN))
  const found = all
    .filter(({source}) => selected(source))
    .map((account) => ({account, because: whyNot(account, contents, archived)}))
  const accounts = found.filter(({because}) => because === undefined).map(({account}) => account)
  return {
    accounts,
    all,
    contents,
    left,
    wanted,
    selected,
    destinations: accounts.map((account) => describe(account, {contents, left, wanted, taken})),
    notBack: found.flatMap(({account: {source: subject}, because}) =>
      because === undefined ? [] : [{subject, because}],
    ),
  }
}

function whyNot(account: MoveAccount, {destinations}: Contents, archived: boolean): string | undefined {
  const gone = goneOf(account)
  if (gone === 0) return 'nothing of it has left the broker'
  const missing = archived && !destinations.has(account.source)
  return notBackBecause(account) ?? (missing ? `none of its ${gone} messages are in the archive` : undefined)
}

const goneOf = ({settled, open, quarantined}: MoveAccount): number => settled + open.sent + quarantined

/** The same survey when more has come back: neither the ledger nor the archive changes meanwhile. Reads nothing. */
export function afterwards(survey: Survey, taken: TakenNow): Survey {
  const {accounts, contents, left, wanted} = survey
  const known = {contents, left, wanted, taken}
  return {...survey, destinations: accounts.map((account) => describe(account, known))}
}

type TakenNow = Pick<TakenSets, 'replayed' | 'elsewhere'>

interface Known extends Pick<Survey, 'contents' | 'left' | 'wanted'> {
  readonly taken: TakenNow
}

function describe(account: MoveAccount, known: Known): RolledBackDestination {
  const positions = known.contents.destinations.get(account.source)
  const {archived, back, elsewhere, waiting} = positions ? tally(positions, known) : NOTHING
  const inArchive = LEFT_STATES.reduce((sum, state) => sum + archived[state], 0)
  const mean = inArchive === 0 ? 0 : (positions?.bytes ?? 0) / inArchive
  const bytes = Math.round(mean * waiting)
  return {
    id: account.source,
    target: account.target,
    archived,
    notArchived: Math.max(0, goneOf(account) - inArchive),
    back,
    elsewhere,
    waiting,
    bytes,
    mayRepeat: account.possibleDuplicates + account.open.sent,
    atTarget: null,
    estimateSeconds: estimateBack(waiting, bytes),
  }
}

const none = (): Record<LeftState, number> => ({settled: 0, sent: 0, quarantined: 0})
const NOTHING = {archived: none(), back: 0, elsewhere: 0, waiting: 0}

function tally(positions: Positions, {left, taken, wanted}: Known) {
  const archived = none()
  const counts = {back: 0, elsewhere: 0, waiting: 0}
  for (const {seq} of positions) {
    const state = LEFT_STATES.find((one) => left[one].has(seq))
    if (state !== undefined) archived[state]++
    if (taken.replayed.has(seq)) counts.back++
    else if (taken.elsewhere.has(seq)) counts.elsewhere++
    else if (wanted(seq)) counts.waiting++
  }
  return {archived, ...counts}
}

async function wish(
  folder: string,
  left: Left,
  {state = LEFT_STATES, since, 'until-time': until}: SurveyFlags,
): Promise<(seq: number) => boolean> {
  const inState = (seq: number): boolean => state.some((one) => left[one].has(seq))
  if (since === undefined && until === undefined) return inState
  const interval: Interval = {...(since !== undefined && {since}), ...(until !== undefined && {until})}
  const within = await archivedWithin(folder, interval)
  if (within) return (seq) => inState(seq) && within(seq)
  throw new MqliftError('refused', `the archive ${folder} does not say when its messages were moved`, {
    reason: 'no-times',
    suggestions: ['leave --since and --until-time away', 'select by destination: --only'],
  })
}

const noArchive = (folder: string): MqliftError =>
  new MqliftError('input', `there is no archive at ${folder}: nothing can be brought back from here`, {
    reason: 'no-archive',
    file: folder,
    suggestions: [
      'restore the folder from a copy',
      'messages that still wait at the target: mqlift rollback --with-new N --leave-consumed',
    ],
  })
