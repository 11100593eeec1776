import type {Body} from '../../model/artefact.ts'
import type {AssessedDestination, Assessment} from '../../model/assessment.ts'
import type {Color} from '../color.ts'
import {type Cell, counted, figure, size, table} from '../table.ts'
import {shown} from '../terminal.ts'
import {bullets, more, MOST, notRead} from './parts.ts'

/** The estate in one look: totals, who goes where, what blocks, what nobody could see. */
export function renderAssessment(assessment: Body<Assessment>, color: Color): string {
  const {destinations, estate, preference, notChecked} = assessment
  return [
    totals(assessment),
    '',
    `${color.strong('recommended')}, preferring ${preference}`,
    shares(destinations),
    '',
    destinationTable(destinations, color),
    ...more(destinations.length, MOST, color),
    ...bullets('blockers', blockers(assessment), color),
    ...bullets('noticed about the estate', noticed(assessment), color),
    ...bullets(
      'left out: not business queues',
      estate.ignored.map(({id, because}) => `${id}: ${because}`),
      color,
      5,
    ),
    ...notRead(notChecked, color),
  ].join('\n')
}

function totals({summary}: Body<Assessment>): string {
  const {vhosts, queues, exchanges, bindings, consumers, messages, bytes} = summary
  return [
    counted(vhosts, 'virtual host'),
    counted(queues, 'queue'),
    counted(exchanges, 'exchange'),
    counted(bindings, 'binding'),
    counted(consumers, 'consumer'),
    `${counted(messages, 'message')} waiting (${size(bytes)})`,
  ].join(' · ')
}

/** What concerns the broker as a whole. Benefits are in the scores already. */
function noticed({estate, rules}: Body<Assessment>): string[] {
  const found = estate.findings.filter(({rule}) => rules[rule]?.scores !== 'benefit')
  return [...Map.groupBy(found, ({because}) => because)].map(([because, same]) => {
    const subjects = new Set(same.flatMap(({subjects: ids}) => ids))
    const [first] = subjects
    const others = subjects.size > 1 ? ` and ${figure(subjects.size - 1)} more` : ''
    return first === undefined ? because : `${because} (${first}${others})`
  })
}

function shares(destinations: readonly AssessedDestination[]): string {
  const groups = Map.groupBy(destinations, ({recommended}) => recommended.platform)
  const rows = [...groups].toSorted(([, a], [, b]) => b.length - a.length)
  return table(
    [{title: 'platform'}, {title: 'destinations', align: 'right'}],
    rows.map(([platform, members]) => [platform, members.length]),
  )
}

function destinationTable(destinations: readonly AssessedDestination[], color: Color): string {
  const heads = [
    {title: 'destination', max: 44},
    {title: 'kind'},
    {title: 'to'},
    {title: 'score', align: 'right'},
    {title: 'sure', align: 'right'},
    {title: 'because', max: 70},
  ] as const
  return table(
    heads,
    destinations.slice(0, MOST).map((destination) => row(destination, color)),
  )
}

function row({vhost, name, kind, recommended}: AssessedDestination, color: Color): Cell[] {
  const {platform, score, confidence, because} = recommended
  return [
    `${vhost} ${name}`,
    kind,
    score === null ? {text: platform, tint: color.blocks} : platform,
    score === null ? '-' : Math.round(score),
    `${Math.round(confidence * 100)} %`,
    because,
  ]
}

/** Rules that rule a platform out somewhere, the most frequent first. */
function blockers({destinations, rules}: Body<Assessment>): string[] {
  const rows = destinations.flatMap(({id, scores}) =>
    scores.flatMap(({platform, blockedBy}) => blockedBy.map((rule) => ({id, platform, rule}))),
  )
  return [...Map.groupBy(rows, ({rule}) => rule)]
    .map(([rule, cases]) => ({
      rule,
      platforms: [...new Set(cases.map(({platform}) => platform))],
      subjects: new Set(cases.map(({id}) => id)).size,
    }))
    .toSorted((a, b) => b.subjects - a.subjects)
    .map(({rule, platforms, subjects}) =>
      shown(`${rule}: ${figure(subjects)} on ${platforms.join(', ')}. ${rules[rule]?.question ?? ''}`),
    )
}
