import type {Body} from '../model/artefact.ts'
import type {ProvedDestination, Report, ReportedProof} from '../model/report.ts'
import {bucketCells, BUCKETS} from './buckets.ts'
import {code, markdown, table} from './escape.ts'
import type {Section} from './section.ts'
import {plural, proofWord, type Namer} from './words.ts'

export function proofSection({proof}: Body<Report>, name: Namer): Section {
  return {title: 'Proof', lines: proof === null ? [] : proofLines(proof, name)}
}

function proofLines(proof: ReportedProof, name: Namer): string[] {
  return [
    `As of ${markdown(proof.at)}: **${proofWord(proof.proof)}**. *Settled*: accepted by the target and forgotten ` +
      'by the source. *Failed*: not sent, still at the source. *Doubt*: sent, and nobody knows whether it arrived; ' +
      'counted as a possible duplicate. *Quarantined*: set aside. *Open*: not finished. *Unexplained*: the worst of ' +
      'three independent comparisons; 0 means that all three agree.',
    '',
    ...table(
      ['Destination', 'Target', ...BUCKETS, 'Levels', 'Proof'],
      [...proof.destinations.map((one) => proofRow(one, name)), totalRow(proof)],
    ),
    ...reasons(proof, name),
    ...assumptions(proof),
  ]
}

const proofRow = (destination: ProvedDestination, name: Namer): string[] => [
  name(destination.id),
  code(destination.target),
  ...bucketCells(destination),
  levels(destination),
  proofWord(destination.proof),
]

/** `V1–V4 passed`, or each with its own outcome. */
function levels({levels: all}: ProvedDestination): string {
  const outcomes = new Set(all.map(({outcome}) => outcome))
  const [first, last] = [all[0], all.at(-1)]
  if (first && last && first !== last && outcomes.size === 1)
    return `${first.level}–${last.level} ${spaced(first.outcome)}`
  return all.map(({level, outcome}) => `${level} ${spaced(outcome)}`).join(', ')
}

const spaced = (outcome: string): string => outcome.replace('-', ' ')

const totalRow = ({total, proof}: ReportedProof): string[] => [
  '**Total**',
  '',
  ...bucketCells(total).map((value) => `**${value}**`),
  '',
  `**${proofWord(proof)}**`,
]

/** Why messages did not go, and what else waits at the source. */
function reasons({destinations}: ReportedProof, name: Namer): string[] {
  const lines = destinations.flatMap((destination) => {
    const known = Object.entries(destination.reasons)
    const others = (destination.leftAtSource ?? 0) - known.reduce((sum, [, messages]) => sum + messages, 0)
    return [
      ...known.map(([reason, messages]) => leftLine(name(destination.id), messages, markdown(reason))),
      ...(others > 0 ? [leftLine(name(destination.id), others, 'at the source')] : []),
    ]
  })
  return lines.length === 0 ? [] : ['', 'Left behind, and why:', '', ...lines]
}

const leftLine = (of: string, messages: number, why: string): string =>
  `- ${of}: ${plural(messages, 'message')}: ${why}`

function assumptions({assumptions: all}: ReportedProof): string[] {
  if (all.length === 0) return []
  return [
    '',
    'The proof rests on:',
    '',
    ...all.map(
      ({id, text, checked}) => `- ${code(id)} ${markdown(text)} (${checked ? 'checked' : 'assumed'})`,
    ),
  ]
}
