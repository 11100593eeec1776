import type {Body} from '../model/artefact.ts'
import type {AssessedDestination, Assessment} from '../model/assessment.ts'
import type {Deployment} from '../model/deployment.ts'
import {valueOf} from '../model/facts.ts'
import type {Inventory, Observation} from '../model/inventory.ts'
import type {Plan} from '../model/plan.ts'
import type {
  ArchiveSummary,
  NotChecked,
  Report,
  ReportedDestination,
  ReportedFile,
  ReportedProof,
  Task,
} from '../model/report.ts'
import type {Verification} from '../model/verification.ts'
import {constructs} from './report-constructs.ts'
import {allFindings, blockers, countByVerdict, tasks} from './report-findings.ts'
import {limits} from './report-limits.ts'
import {verdict} from './report-verdict.ts'

/** Everything a migration folder may hold. Only the first two must exist: a report can be made at any time. */
export interface ReportInput {
  readonly inventory: Body<Inventory>
  readonly assessment: Body<Assessment>
  readonly observation?: Observation | undefined
  readonly plan?: Body<Plan> | undefined
  readonly deployment?: Body<Deployment> | undefined
  readonly verification?: Body<Verification> | undefined
  readonly archiveInfo?: ArchiveSummary | undefined
  /** The files of the folder, for the manifest. */
  readonly files?: readonly ReportedFile[] | undefined
  /** Commands that make this report again, in order. */
  readonly rerun?: readonly string[] | undefined
}

/** Puts the artefacts of a folder together. Pure; judges nothing that an earlier stage has not judged. */
export function report(input: ReportInput): Body<Report> {
  const {inventory, assessment, archiveInfo = null, files = [], rerun = []} = input
  const {kind, version, clusterName, address} = inventory.broker
  return {
    verdict: verdict(input),
    source: {kind, version, clusterName, address},
    target: target(input.deployment),
    preference: assessment.preference,
    summary: assessment.summary,
    counts: counts(assessment),
    blockers: blockers(assessment),
    constructs: constructs(inventory),
    ...estate(assessment),
    destinations: destinations(input),
    ...decided(input),
    notChecked: notChecked(input),
    limits: limits(assessment.destinations.map(({recommended}) => recommended.platform)),
    proof: proof(input.verification),
    archive: archiveInfo,
    files: [...files],
    rerun: [...rerun],
  }
}

function estate({estate: {findings, ignored}}: Body<Assessment>): Pick<Report, 'estate' | 'ignored'> {
  const reported = findings.map(({rule, platform = null, verdict: word, because, subjects}) => ({
    rule,
    platform,
    verdict: word,
    because,
    subjects,
  }))
  return {estate: reported, ignored}
}

function decided({assessment, plan}: ReportInput): Pick<Report, 'losses' | 'changes' | 'tasks' | 'notMoved'> {
  if (plan === undefined) return {losses: [], changes: null, tasks: tasks(assessment), notMoved: []}
  return {
    losses: plan.losses,
    changes: plan.changes.length,
    tasks: [...questions(plan), ...tasks(assessment)].toSorted(openFirst),
    notMoved: plan.notMoved,
  }
}

function target(deployment: Body<Deployment> | undefined): Report['target'] {
  if (deployment === undefined) return null
  const {account, region, endpoint, caller, resources} = deployment
  return {account, region, endpoint, caller, resources: resources.length}
}

function counts(assessment: Body<Assessment>): Report['counts'] {
  const platforms = Map.groupBy(assessment.destinations, ({recommended}) => recommended.platform)
  return {
    recommended: [...platforms]
      .map(([platform, {length}]) => ({platform, destinations: length}))
      .toSorted((one, other) => other.destinations - one.destinations),
    verdicts: {
      native: 0,
      adapt: 0,
      lossy: 0,
      blocker: 0,
      unknown: 0,
      'not-applicable': 0,
      ...countByVerdict(allFindings(assessment)),
    },
    ignored: assessment.estate.ignored.length,
  }
}

function destinations({assessment, plan, observation}: ReportInput): ReportedDestination[] {
  const resources = Map.groupBy(
    (plan?.steps ?? []).flatMap((step) => step.for.map((id) => ({id, name: step.name}))),
    ({id}) => id,
  )
  const kept = new Map((plan?.notMoved ?? []).map(({subject, because}) => [subject, because]))
  return assessment.destinations.map((assessed) => ({
    ...described(assessed),
    resources: [...new Set((resources.get(assessed.id) ?? []).map(({name}) => name))],
    notMoved: kept.get(assessed.id) ?? null,
    messages: valueOf(observation?.destinations[assessed.id]?.messages) ?? null,
    bytes: valueOf(observation?.destinations[assessed.id]?.bytes) ?? null,
  }))
}

type Described = Omit<ReportedDestination, 'resources' | 'notMoved' | 'messages' | 'bytes'>

function described(assessed: AssessedDestination): Described {
  const {id, kind, vhost, name, recommended, under, scores, findings, todo} = assessed
  return {id, kind, vhost, name, recommended, under, scores, findings: countByVerdict(findings), todo}
}

function questions(plan: Body<Plan>): Task[] {
  return plan.open.map(({question, who, subject, answer}) => ({
    what: question,
    who,
    subjects: [subject],
    answer,
  }))
}

const openFirst = (one: Task, other: Task): number =>
  Number(one.answer !== null) - Number(other.answer !== null)

function notChecked({inventory, assessment, verification}: ReportInput): NotChecked[] {
  const unread = new Map(
    [...inventory.notRead, ...assessment.notChecked].map((one) => [one.what + one.endpoint, one]),
  )
  const byReason = Map.groupBy(
    (verification?.destinations ?? []).flatMap(({id, notChecked: reasons}) =>
      reasons.map((reason) => ({id, reason})),
    ),
    ({reason}) => reason,
  )
  return [
    ...[...unread.values()].map(({what, endpoint, missingRight, command}) => ({
      what,
      because: `${endpoint}: ${missingRight}`,
      remedy: command,
    })),
    ...[...byReason].map(([reason, {length}]) => ({
      what: reason,
      because: `for ${length} ${length === 1 ? 'move' : 'moves'}`,
      remedy: null,
    })),
    ...(verification?.assumptions ?? [])
      .filter(({checked}) => !checked)
      .map(({id, text}) => ({what: `${id}: ${text}`, because: 'assumed, not checked', remedy: null})),
  ]
}

function proof(verification: Body<Verification> | undefined): ReportedProof | null {
  if (verification === undefined) return null
  const {at, proof: word, total, assumptions} = verification
  return {
    at,
    proof: word,
    total,
    destinations: verification.destinations.map(({buckets, ...rest}) => ({...rest, ...buckets})),
    assumptions,
  }
}
