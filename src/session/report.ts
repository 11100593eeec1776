import {readdir} from 'node:fs/promises'

import {segmentNumber} from '../archive/format.ts'
import {readManifest} from '../archive/manifest.ts'
import {keepHeapLean} from '../cli/lean-heap.ts'
import {quoted} from '../cli/shell.ts'
import type {Body} from '../model/artefact.ts'
import type {Rehearsal} from '../model/rehearsal.ts'
import type {ArchiveSummary, Report, ReportedFile} from '../model/report.ts'
import {renderReport} from '../report/markdown.ts'
import {report} from '../stages/report.ts'
import type {Artefact, Kind} from '../workspace/artefacts.ts'
import {hashFile} from '../workspace/files.ts'
import {lastObservation} from '../workspace/observations.ts'
import {holdings} from './clean.ts'
import type {Session} from './session.ts'

/** What is in the folder, for the manifest of the report. */
const WHAT: Readonly<Record<string, string>> = {
  'inventory.json': 'the structure of the estate',
  'observations.jsonl': 'depths and rates as read',
  'assessment.json': 'scores, recommendations, blockers',
  'decisions.yaml': 'answers and accepted losses',
  'mqlift.yaml': 'names, tags, platforms as configured',
  'plan.json': 'what was to be created and moved',
  'rehearsal.json': 'what a rehearsal with copies showed',
  'plan.md': 'the plan for people',
  'runbook.md': 'who switches what, when, and how to go back',
  'deployment.json': 'the resources in AWS',
  'ledger.db': 'the account of every message',
  'shovels.json': 'what shovels moved, by counts',
  'verification.json': 'what is proved',
  'run.json': 'who ran what',
}
/** Grow while mqlift works on them: a hash would be of a moment. */
const UNHASHED = new Set(['ledger.db', 'run.json'])

/** Puts the folder together into report.json and report.md. `again`: the commands that make it anew. */
export async function writeReport(session: Session, again?: readonly string[]): Promise<Artefact<'report'>> {
  keepHeapLean()
  const {workspace} = session
  const inventory = await workspace.read('inventory')
  const assessment = await workspace.read('assessment')
  const plan = await workspace.find('plan')
  const deployment = await workspace.find('deployment')
  const verification = await workspace.find('verification')
  const rehearsal = await workspace.previous('rehearsal')
  const made: Body<Report> = report({
    inventory,
    assessment,
    observation: await lastObservation(workspace),
    plan,
    deployment,
    verification,
    archiveInfo: await archived(session),
    files: await manifest(session),
    rerun: again ?? rerun(session.dir, plan !== undefined),
  })
  const body: Body<Report> = {...made, ...(rehearsal && {rehearsal: withoutHead(rehearsal)})}
  const optional = [plan && 'plan', deployment && 'deployment', verification && 'verification'] as const
  const inputs: Kind[] = ['inventory', 'assessment', ...optional.filter((kind) => kind !== undefined)]
  await workspace.writeText('report.md', renderReport(body))
  return workspace.write('report', body, inputs)
}

function withoutHead({kind: _kind, version: _version, inputs: _inputs, ...body}: Rehearsal): Body<Rehearsal> {
  return body
}

/** What the archive holds; messages are known once every segment is closed. Undefined when there is none. */
async function archived(session: Session): Promise<ArchiveSummary | undefined> {
  const folder = session.workspace.path('archive')
  const bytes = (await holdings(session, false)).find(({path}) => path === folder)?.bytes
  if (bytes === undefined) return undefined
  const {lines} = await readManifest(folder)
  const segments = (await readdir(folder)).filter((name) => segmentNumber(name) !== undefined).length
  const messages = lines.reduce((sum, {records}) => sum + records, 0)
  return {directory: 'archive', bytes, segments, messages: lines.length === segments ? messages : null}
}

async function manifest({workspace}: Session): Promise<ReportedFile[]> {
  const files: ReportedFile[] = []
  for (const [path, what] of Object.entries(WHAT)) {
    if (!(await workspace.has(path))) continue
    const sha256 = UNHASHED.has(path) ? undefined : await hashFile(workspace.path(path))
    files.push({path, what, sha256: sha256 ?? null})
  }
  return files
}

function rerun(dir: string, planned: boolean): string[] {
  const verbs = planned ? ['inspect', 'assess', 'plan', 'verify', 'report'] : ['inspect', 'assess', 'report']
  return verbs.map((verb) => `mqlift ${verb} --dir=${quoted(dir)}`)
}

export const reportFiles = (session: Session): string[] =>
  ['report.json', 'report.md'].map((file) => session.workspace.path(file))

/** What somebody who saw the demo opens, the report first. */
export const demoFiles = (session: Session): string[] => [
  ...reportFiles(session).toReversed(),
  session.workspace.path('runbook.md'),
]
