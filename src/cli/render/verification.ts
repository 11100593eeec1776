import type {Body} from '../../model/artefact.ts'
import {parseId} from '../../model/id.ts'
import type {Buckets, Proof, VerifiedDestination, Verification} from '../../model/verification.ts'
import type {Color} from '../color.ts'
import {type Cell, counted, figure, table} from '../table.ts'
import {bullets, more, MOST} from './parts.ts'

/** The account of every message, and how far each claim is proved. */
export function renderVerification(verification: Body<Verification>, color: Color): string {
  const {destinations, total, proof, assumptions} = verification
  const rows = destinations.slice(0, MOST).map((destination) => row(destination, color))
  const reasons = destinations.flatMap(({id, reasons: counts}) =>
    Object.entries(counts).map(([reason, count]) => `${id}: ${figure(count)}: ${reason}`),
  )
  return [
    table(HEADS, [...rows, ['total', tinted(proof, color), ...figures(total, color), '']]),
    ...more(destinations.length, MOST, color),
    ...bullets('failed or left behind, and why', reasons, color),
    ...bullets('not checked', unchecked(destinations), color),
    ...bullets(
      'rests on',
      assumptions.map(({id, text, checked}) => `${id} ${text} (${checked ? 'checked' : 'assumed'})`),
      color,
    ),
    '',
    unexplainedLine(total.unexplained, color),
  ].join('\n')
}

/** One line for a reason, however many queues it concerns: the rare one must not drown. */
function unchecked(destinations: readonly VerifiedDestination[]): string[] {
  const all = destinations.flatMap(({id, notChecked}) => notChecked.map((what) => ({id, what})))
  return [...Map.groupBy(all, ({what}) => what)]
    .toSorted(([, a], [, b]) => a.length - b.length)
    .map(([what, [first, ...others]]) => {
      const also = others.length > 0 ? ` and ${counted(others.length, 'other queue')}` : ''
      return `${first?.id ?? ''}${also}: ${what}`
    })
}

const HEADS = [
  {title: 'queue', max: 44},
  {title: 'proof'},
  {title: 'received', align: 'right'},
  {title: 'settled', align: 'right'},
  {title: 'failed', align: 'right'},
  {title: 'doubt', align: 'right'},
  {title: 'quarantined', align: 'right'},
  {title: 'open', align: 'right'},
  {title: 'unexplained', align: 'right'},
  {title: 'maybe twice', align: 'right'},
  {title: 'levels'},
] as const

function row({id, proof, buckets, levels}: VerifiedDestination, color: Color): Cell[] {
  const {vhost, name} = parseId(id)
  const reached = levels.map(({level, outcome}) => `${level} ${outcome}`).join(', ')
  return [`${vhost} ${name}`, tinted(proof, color), ...figures(buckets, color), reached]
}

const tinted = (proof: Proof, color: Color): Cell => ({
  text: proof === 'not-checked' ? 'not checked' : proof,
  tint: proof === 'proved' ? color.good : color.loses,
})

function figures(buckets: Buckets, color: Color): Cell[] {
  const {received, settled, failed, doubt, quarantined, open, unexplained, possibleDuplicates} = buckets
  return [
    received,
    settled,
    failed,
    doubt,
    quarantined,
    open,
    unexplained === 0 ? '0' : {text: figure(unexplained), tint: color.blocks},
    possibleDuplicates,
  ]
}

function unexplainedLine(unexplained: number | null, color: Color): string {
  if (unexplained === null) return color.loses('unexplained: not known yet, see what was not checked')
  const line = `unexplained ${figure(unexplained)}`
  return unexplained === 0 ? color.good(line) : color.blocks(line)
}
