import type {Body} from '../model/artefact.ts'
import type {Rehearsal} from '../model/rehearsal.ts'
import {code, markdown, table} from './escape.ts'
import {bytes, count, type Namer, names, plural} from './words.ts'

/** Messages a second, by source. */
export const ratesOf = (rehearsal: Body<Rehearsal> | undefined): ReadonlyMap<string, number> =>
  new Map(
    rehearsal?.moves.flatMap(({source, perSecond}) =>
      perSecond === null ? [] : [[source, perSecond] as const],
    ),
  )

/** Where the durations come from that are no estimates. */
export function measuredLines(rehearsal: Body<Rehearsal> | undefined): string[] {
  if (rehearsal === undefined || rehearsal.moves.length === 0) return []
  const {at, sample, moves} = rehearsal
  const passed = moves.filter(({outcome}) => outcome === 'passed').length
  return [
    '',
    `Rehearsed ${code(at)} with copies of messages (${markdown(sample)}): V6 passed for ${count(passed)} of ${plural(moves.length, 'queue')}. Where a rate was measured, it replaces the estimate.`,
  ]
}

const OUTCOMES = {passed: 'passed', failed: '**failed**', 'not-checked': 'not checked'} as const

/** The strongest proof there is: every copy was taken out of the target again (reliability.md 2.10). */
export function rehearsalLines(rehearsal: Body<Rehearsal>, name: Namer): string[] {
  const {at, sample, moves, notRehearsed} = rehearsal
  const reasons = [...Map.groupBy(notRehearsed, ({because}) => because)]
  return [
    `Copies of messages (${markdown(sample)}) were moved into scratch targets on ${code(at)}, taken out again and compared: body, properties and headers of each, and the order where one is kept. The messages themselves stayed at the broker.`,
    '',
    ...table(
      ['Queue', 'Copies', 'Size', 'A second', 'V6', 'Why'],
      moves.map(({source, copies, bytes: size, perSecond, outcome, because}) => [
        name(source),
        count(copies),
        bytes(size),
        perSecond === null ? 'too few to measure' : count(Math.round(perSecond)),
        OUTCOMES[outcome],
        markdown(because),
      ]),
    ),
    ...(reasons.length === 0 ? [] : ['', ...reasons.map((reason) => notRehearsedLine(reason, name))]),
  ]
}

const notRehearsedLine = (
  [because, list]: readonly [string, readonly {readonly source: string}[]],
  name: Namer,
): string =>
  `- Not rehearsed: ${names(
    list.map(({source}) => source),
    name,
    5,
  )}: ${markdown(because)}.`
