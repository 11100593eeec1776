import type {Body} from '../model/artefact.ts'
import type {ProvedDestination, Report, ReportedProof} from '../model/report.ts'
import type {Buckets} from '../model/verification.ts'
import {code, markdown, table} from './escape.ts'
import type {Section} from './section.ts'
import {count, plural, proofWord, type Namer} from './words.ts'

const BUCKETS = [
  'Received',
  'Settled',
  'Failed',
  'Doubt',
  'Quarantined',
  'Open',
  'Unexplained',
  'Possible duplicates',
]

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

const numbers = (buckets: Buckets): string[] =>
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

const proofRow = (destination: ProvedDestination, name: Namer): string[] => [
  name(destination.id),
  code(destination.target),
  ...numbers(destination),
  destination.levels.map(({level, outcome}) => `${level} ${outcome.replace('-', ' ')}`).join(', '),
  proofWord(destination.proof),
]

const totalRow = ({total, proof}: ReportedProof): string[] => [
  '**Total**',
  '',
  ...numbers(total).map((value) => `**${value}**`),
  '',
  `**${proofWord(proof)}**`,
]

/** Why messages did not go, or stayed. */
function reasons({destinations}: ReportedProof, name: Namer): string[] {
  const lines = destinations.flatMap((destination) => [
    ...Object.entries(destination.reasons).map(
      ([reason, messages]) =>
        `- ${name(destination.id)}: ${plural(messages, 'message')}: ${markdown(reason)}`,
    ),
    ...(destination.leftAtSource === null || destination.leftAtSource === 0
      ? []
      : [`- ${name(destination.id)}: ${plural(destination.leftAtSource, 'message')} still at the source`]),
  ])
  return lines.length === 0 ? [] : ['', 'Left behind, and why:', '', ...lines]
}

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
