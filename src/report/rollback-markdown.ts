import type {Body} from '../model/artefact.ts'
import {parseId} from '../model/id.ts'
import type {Rollback} from '../model/rollback.ts'
import type {Verification} from '../model/verification.ts'
import {bucketCells, BUCKETS} from './buckets.ts'
import {code, markdown, table} from './escape.ts'
import {bytes, count, namer, plural, proofWord} from './words.ts'

/** The page about a way back: what came back, what did not, and how far that is proved. */
export function renderRollback(body: Body<Rollback>, verification: Body<Verification>): string {
  const {destinations, broker, at} = body
  const sections = [
    section('What came back', cameBack(body)),
    section('Proof', proof(verification)),
    section(
      'Not brought back',
      body.notBack.map(({subject, because}) => `- ${code(subject)}: ${markdown(because)}`),
    ),
    section(
      'What cannot come back',
      body.cannotComeBack.map((text) => `- ${markdown(text)}`),
    ),
  ]
  const back = verification.total.settled
  return [
    '# Rollback',
    '',
    `As of ${markdown(at)}: ${plural(back, 'message')} back at ${code(broker)}, ` +
      `${plural(destinations.length, 'queue')}, **${proofWord(verification.proof)}**, ` +
      `unexplained ${count(verification.total.unexplained)}.`,
    ...sections.flat(),
    '',
  ].join('\n')
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines]
}

function cameBack({destinations, withNew, leaveConsumed}: Body<Rollback>): string[] {
  const name = namer(destinations.map(({id}) => parseId(id)))
  const rows = destinations.map((one) => [
    name(one.id),
    code(one.target),
    ...[
      Object.values(one.archived).reduce((sum, value) => sum + value, 0),
      one.notArchived,
      one.back,
      one.elsewhere,
      one.waiting,
      one.mayRepeat,
    ].map(count),
    bytes(one.bytes),
  ])
  const heads = ['Queue', 'Was moved to', 'In the archive', 'Not archived', 'Back from the archive']
  const others = ['Back from the target instead', 'Not back', 'Maybe twice in the archive', 'Not back, size']
  const scope =
    withNew === null
      ? 'From the archive. The messages are at the target as well.'
      : `What waited at the targets came from there, others’ messages up to ${count(withNew)}; ` +
        (leaveConsumed ? 'what consumers had taken stayed away.' : 'the rest came from the archive.')
  return [scope, '', ...table([...heads, ...others], rows)]
}

function proof({destinations, assumptions}: Body<Verification>): string[] {
  const rows = destinations.map(({id, target, buckets, levels, proof: proved}) => [
    code(id),
    code(target),
    ...bucketCells(buckets),
    markdown(levels.map(({level, outcome}) => `${level} ${outcome}`).join(', ')),
    proofWord(proved),
  ])
  const reasons = destinations.flatMap(({id, reasons: counts}) =>
    Object.entries(counts).map(([reason, amount]) => `- ${code(id)}: ${count(amount)}: ${markdown(reason)}`),
  )
  const unchecked = destinations.flatMap(({id, notChecked}) =>
    notChecked.map((what) => `- not checked: ${code(id)}: ${markdown(what)}`),
  )
  const rests = assumptions.map(
    ({id, text, checked}) => `- ${id} ${markdown(text)} (${checked ? 'checked' : 'assumed'})`,
  )
  return [
    ...table(['From', 'Back into', ...BUCKETS, 'Levels', 'Proof'], rows),
    ...list(reasons),
    ...list(unchecked),
    ...list(rests),
  ]
}

const list = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines])
