import type {Body} from '../model/artefact.ts'
import {PLATFORMS, PREFERENCES} from '../model/platform.ts'
import type {Report, ReportedBlocker, ReportedDestination} from '../model/report.ts'
import {code, link, markdown, table} from './escape.ts'
import type {Section} from './section.ts'
import {bytes, count, names, plural, proper, type Namer} from './words.ts'

const TOP = 10

export function countsSection(
  {summary, counts, preference, estate, ignored}: Body<Report>,
  name: Namer,
): Section {
  const {blocker, lossy, adapt, unknown} = counts.verdicts
  return {
    title: 'Counts',
    lines: [
      ...table(
        [
          'Vhosts',
          'Queues',
          'Exchanges',
          'Bindings',
          'Policies',
          'Users',
          'Connections',
          'Consumers',
          'Messages',
          'Size',
        ],
        [
          [
            ...[summary.vhosts, summary.queues, summary.exchanges, summary.bindings, summary.policies].map(
              count,
            ),
            ...[summary.users, summary.connections, summary.consumers, summary.messages].map(count),
            bytes(summary.bytes),
          ],
        ],
      ),
      '',
      ...table(
        [`Recommended (preference ${code(preference)})`, 'Destinations'],
        counts.recommended.map(({platform, destinations}) => [proper(platform), count(destinations)]),
      ),
      '',
      `Findings: ${plural(blocker, 'blocker')}, ${plural(lossy, 'loss', 'losses')}, ` +
        `${plural(adapt, 'adaptation')}, ${count(unknown)} unknown. A finding is about one platform: what one ` +
        'platform cannot do another may.',
      ...estateLines(estate, name),
      ...(ignored.length === 0 ? [] : ['', ...ignoredLines(ignored, name)]),
    ],
  }
}

function estateLines(estate: Report['estate'], name: Namer): string[] {
  const general = estate.filter(({platform}) => platform === null)
  const groups = Map.groupBy(estate, ({platform}) => platform)
  const byPlatform = PLATFORMS.flatMap((platform) => {
    const because = groups.get(platform)?.map((one) => markdown(one.because)) ?? []
    return because.length === 0 ? [] : [`- ${proper(platform)}: ${because.join('; ')}`]
  })
  return [
    ...(general.length === 0
      ? []
      : ['', 'About the estate as a whole:', '', ...general.map((one) => estateLine(one, name))]),
    ...(byPlatform.length === 0
      ? []
      : ['', 'What comes with a platform, whatever moves there:', '', ...byPlatform]),
  ]
}

const estateLine = ({rule, because, subjects}: Report['estate'][number], name: Namer): string =>
  `- ${code(rule)}${subjects.length === 0 ? '' : ` (${names(subjects, name)})`}: ${markdown(because)}`

function ignoredLines(ignored: Report['ignored'], name: Namer): string[] {
  const groups = [...Map.groupBy(ignored, ({because}) => because)]
  return [
    'Left out as run-time artefacts:',
    '',
    ...groups.map(([because, group]) => {
      const ids = group.map(({id}) => id)
      return `- ${names(ids, name)}: ${markdown(because)}`
    }),
  ]
}

export function blockersSection({blockers}: Body<Report>, name: Namer): Section {
  const title = 'Top blockers'
  if (blockers.length === 0) return {title, lines: ['Nothing rules out a platform.']}
  const rows = blockers.slice(0, TOP).map((blocker) => blockerRow(blocker, name))
  const rest = blockers.length - rows.length
  return {
    title,
    lines: [
      ...table(['Question', 'Rules out', 'Affected', 'What to do', 'Source'], rows),
      ...(rest > 0 ? ['', `${plural(rest, 'more rule')}: see \`blockers\` in report.json.`] : []),
    ],
  }
}

function blockerRow(
  {rule, question, platforms, subjects, stranded, ...texts}: ReportedBlocker,
  name: Namer,
): string[] {
  const left = stranded === 0 ? '' : `; ${count(stranded)} without any platform`
  return [
    `${markdown(question)} ${code(rule)}: ${markdown(texts.because)}`,
    platforms.map(proper).join(', '),
    `${names(subjects, name)}${left}`,
    markdown(texts.fix),
    texts.url === null ? '–' : link('docs', texts.url),
  ]
}

export function constructsSection({constructs}: Body<Report>): Section {
  return {
    title: 'What the estate is made of',
    lines:
      constructs.length === 0
        ? []
        : table(
            ['Group', 'Construct', 'Objects', 'Not readable'],
            constructs.map((one) => [
              markdown(one.group),
              markdown(one.construct),
              count(one.objects),
              one.unknown === 0 ? '–' : count(one.unknown),
            ]),
          ),
  }
}

export function destinationsSection({destinations, preference}: Body<Report>): Section {
  const head = [
    'Destination',
    'Vhost',
    'Kind',
    'Messages',
    'Recommended',
    'Score',
    'Confidence',
    'On AWS',
    'Why',
  ]
  return {
    title: 'Per destination',
    lines:
      destinations.length === 0
        ? []
        : table(
            head,
            destinations.map((one) => destinationRow(one, preference)),
          ),
  }
}

function destinationRow(destination: ReportedDestination, preference: Report['preference']): string[] {
  const {name, vhost, kind, messages, recommended, resources} = destination
  return [
    code(name),
    code(vhost),
    kind,
    kind === 'exchange' ? '–' : count(messages),
    `${proper(recommended.platform)}${otherwise(destination, preference)}`,
    recommended.score === null ? '–' : recommended.score.toFixed(0),
    `${(recommended.confidence * 100).toFixed(0)} %`,
    resources.length === 0 ? '–' : resources.map(code).join(', '),
    markdown(recommended.because),
  ]
}

/** The answer under the other preferences, where it is another one. */
function otherwise({recommended, under}: ReportedDestination, preference: Report['preference']): string {
  const others = PREFERENCES.filter(
    (other) => other !== preference && under[other].platform !== recommended.platform,
  ).map((other) => `${other}: ${proper(under[other].platform)}`)
  return others.length === 0 ? '' : ` (${others.join('; ')})`
}
