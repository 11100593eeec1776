import type {Body} from '../model/artefact.ts'
import type {ArchiveSummary, Report, ReportVerdict} from '../model/report.ts'
import {code, markdown, table} from './escape.ts'
import {
  blockersSection,
  constructsSection,
  countsSection,
  destinationsSection,
} from './markdown-assessment.ts'
import {
  decisionsSection,
  limitsSection,
  lossesSection,
  notCheckedSection,
  notMovedSection,
} from './markdown-open.ts'
import {proofSection} from './markdown-proof.ts'
import {rehearsalLines} from './plan-measured.ts'
import type {Section} from './section.ts'
import {bytes, count, namer, plural, proper, type Namer} from './words.ts'

/** The report as a page for GitHub, in the order a change board reads. Says what report.json says. */
export function renderReport(report: Body<Report>): string {
  const name = namer(report.destinations)
  const sections: readonly ((report: Body<Report>, name: Namer) => Section)[] = [
    countsSection,
    blockersSection,
    constructsSection,
    destinationsSection,
    notMovedSection,
    lossesSection,
    decisionsSection,
    notCheckedSection,
    limitsSection,
    rehearsalSection,
    proofSection,
    filesSection,
    rerunSection,
  ]
  const lines = sections
    .map((section) => section(report, name))
    .flatMap((section) =>
      section.lines.length === 0 ? [] : ['', `## ${section.title}`, '', ...section.lines],
    )
  return [...heading(report), ...lines, ''].join('\n')
}

const VERDICTS: Readonly<Record<ReportVerdict, string>> = {
  complete: 'Complete',
  accounted: 'Everything is accounted for, not everything was moved',
  pending: 'Nothing is missing so far, the counts of the target have not settled',
  unexplained: 'Not accounted for',
  ready: 'Ready to execute',
  blocked: 'Not ready to execute',
  assessed: 'Assessed',
}

function heading({verdict, source, target}: Body<Report>): string[] {
  const version = source.version === null ? 'version unknown' : markdown(source.version)
  const cluster = source.clusterName === null ? '' : `, cluster ${code(source.clusterName)}`
  return [
    `# Migration report: ${proper(source.kind)} to AWS`,
    '',
    `> **${VERDICTS[verdict.word]}.** ${markdown(verdict.sentence)}`,
    '',
    `- Source: ${proper(source.kind)} ${version}${cluster}, ${code(source.address)}`,
    ...(target === null ? [] : [targetLine(target)]),
  ]
}

function targetLine(target: NonNullable<Report['target']>): string {
  const endpoint =
    target.endpoint === null ? 'AWS' : `the endpoint ${code(target.endpoint)}, which is not AWS`
  const {account, region} = target
  if (account === null || region === null)
    return `- Target: a broker, ${plural(target.resources, 'resource')}, as ${code(target.caller)}`
  const where = `account ${code(account)} in ${code(region)}`
  return `- Target: ${where} at ${endpoint}, ${plural(target.resources, 'resource')}, as ${code(target.caller)}`
}

const rehearsalSection = ({rehearsal}: Body<Report>, name: Namer): Section => ({
  title: 'Rehearsal',
  lines: rehearsal ? rehearsalLines(rehearsal, name) : [],
})

function filesSection({files, archive}: Body<Report>): Section {
  const kept =
    archive === null
      ? []
      : [
          '',
          `The archive in ${code(archive.directory)} holds ${messages(archive)} as they left, in ` +
            `${plural(archive.segments, 'segment')}, ${bytes(archive.bytes)}. \`mqlift clean\` lists and removes it.`,
        ]
  return {
    title: 'Files',
    lines:
      files.length === 0 ? [] : [...table(['File', 'What it is', 'SHA-256'], files.map(fileRow)), ...kept],
  }
}

const messages = ({messages: known}: ArchiveSummary): string =>
  known === null ? 'messages' : plural(known, 'message')

const fileRow = ({path, what, sha256}: Report['files'][number]): string[] => [
  code(path),
  markdown(what),
  sha256 === null ? '–' : code(sha256.slice(0, 16)),
]

function rerunSection({rerun}: Body<Report>): Section {
  return {
    title: 'Run it again',
    lines: rerun.length === 0 ? [] : ['Each command picks up where the folder is.', '', ...rerun.map(step)],
  }
}

const step = (command: string, index: number): string => `${count(index + 1)}. ${code(command)}`
