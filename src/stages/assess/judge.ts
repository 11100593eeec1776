import {
  type Asked,
  type Criterion,
  type DestinationCriterion,
  type EstateCriterion,
  type Estate,
  type Judgement,
  type Question,
  type Subject,
  type Verdicts,
  judgementFor,
} from '../../criteria/criterion.ts'
import type {Finding, Score} from '../../model/assessment.ts'
import type {Destination} from '../../model/inventory.ts'
import {PLATFORMS, type Platform} from '../../model/platform.ts'
import {rate, type Rating} from './score.ts'

/** A criterion with what it counts in this run. */
export interface Weighed<C extends Criterion = Criterion> {
  readonly criterion: C
  readonly weight: number
}

/** The marks of one platform: sums of weights and of weighted points. */
export interface Marks {
  readonly fit: Sum
  readonly benefit: Sum
  /** Weight of everything applicable, judged or not. */
  applicable: number
  readonly blockedBy: string[]
}

interface Sum {
  points: number
  judged: number
}

export interface Judged {
  readonly destination: Destination
  readonly findings: readonly Finding[]
  readonly ratings: readonly Rating[]
  readonly questions: readonly (Question & {readonly platform: Platform; readonly rule: string})[]
  readonly instead: Verdicts['instead']
  readonly counted: {readonly native: number; readonly notApplicable: number}
}

/** What is the same for all destinations, and what is found out over all of them. */
export interface Court {
  readonly criteria: readonly Weighed<DestinationCriterion>[]
  /** What the estate as a whole earned. */
  readonly common: Readonly<Record<Platform, Marks>>
  readonly tally: Tally
}

/** Over all destinations: which criteria were answered at least once, and which could not be. */
export interface Tally {
  readonly answered: Set<string>
  readonly unanswered: Set<string>
}

const POINTS = {native: 1, adapt: 0.7, lossy: 0.3, blocker: 0} as const

export const newMarks = (): Record<Platform, Marks> => ({
  'amazon-mq-rabbitmq': noMarks(),
  'amazon-mq-activemq': noMarks(),
  'sqs-standard': noMarks(),
  'sqs-fifo': noMarks(),
  'sns-sqs': noMarks(),
})

const noMarks = (): Marks => ({
  fit: {points: 0, judged: 0},
  benefit: {points: 0, judged: 0},
  applicable: 0,
  blockedBy: [],
})

/** Adds one judgement to the marks of its platform. */
export function mark(marks: Marks, {criterion, weight}: Weighed, {verdict, points}: Judgement): void {
  marks.applicable += weight
  if (verdict === 'unknown') return
  const sum = marks[criterion.scores]
  sum.judged += weight
  sum.points += weight * (points ?? POINTS[verdict])
  if (verdict === 'blocker') marks.blockedBy.push(criterion.id)
}

/** Asks every criterion that fits the kind of the destination. Of the marks only the ratings are kept. */
export function judge(subject: Subject, {criteria, common, tally}: Court): Judged {
  const {destination} = subject
  const draft: Draft = {
    subjects: [destination.id],
    findings: [],
    marks: newMarks(),
    questions: [],
    instead: undefined,
    counted: {native: 0, notApplicable: 0},
    tally,
  }
  for (const weighed of criteria) {
    if (weighed.criterion.kinds.includes(destination.kind))
      add(draft, weighed, weighed.criterion.ask(subject))
  }
  const {findings, marks, questions, instead, counted} = draft
  return {destination, findings, ratings: rate(marks, common), questions, instead, counted}
}

interface Draft {
  /** Shared by all findings about this destination. */
  readonly subjects: string[]
  readonly tally: Tally
  readonly findings: Finding[]
  readonly marks: Readonly<Record<Platform, Marks>>
  readonly questions: (Question & {platform: Platform; rule: string})[]
  instead: Verdicts['instead']
  readonly counted: {native: number; notApplicable: number}
}

function add(draft: Draft, weighed: Weighed, {answer, evidence}: Asked): void {
  const {id} = weighed.criterion
  if ('unanswered' in answer) {
    for (const platform of PLATFORMS) draft.marks[platform].applicable += weighed.weight
    draft.tally.unanswered.add(id)
    const said: Said = {verdict: 'unknown', because: answer.unanswered}
    draft.findings.push(finding(id, draft.subjects, said, {evidence: [...evidence]}))
    return
  }
  draft.tally.answered.add(id)
  if ('notApplicable' in answer) draft.counted.notApplicable++
  else take(draft, weighed, answer, together(evidence, answer.evidence))
}

function take(draft: Draft, weighed: Weighed, verdicts: Verdicts, evidence: string[]): void {
  const {id} = weighed.criterion
  draft.instead ??= verdicts.instead
  for (const platform of PLATFORMS) {
    const judgement = judgementFor(verdicts, platform)
    mark(draft.marks[platform], weighed, judgement)
    if (judgement.verdict === 'native') draft.counted.native++
    else {
      draft.findings.push(finding(id, draft.subjects, judgement, {platform, evidence}))
      if (judgement.decide) draft.questions.push({...judgement.decide, platform, rule: id})
    }
  }
}

/** There are a handful at most: comparing them is cheaper than a set for each of a hundred thousand answers. */
function together(facts: readonly string[], more: readonly string[] = []): string[] {
  const all = [...facts, ...more]
  return all.every((text, at) => all.indexOf(text) === at) ? all : [...new Set(all)]
}

/** Judges what is the same for every destination, once. Native answers are not kept. */
export function judgeEstate(
  estate: Estate,
  criteria: readonly Weighed<EstateCriterion>[],
): {findings: Finding[]; marks: Record<Platform, Marks>; unanswered: string[]} {
  const marks = newMarks()
  const findings: Finding[] = []
  const unanswered: string[] = []
  for (const weighed of criteria) {
    const {id} = weighed.criterion
    const {answer, evidence} = weighed.criterion.ask(estate)
    if ('unanswered' in answer) {
      for (const platform of PLATFORMS) marks[platform].applicable += weighed.weight
      unanswered.push(id)
      findings.push(
        finding(id, [], {verdict: 'unknown', because: answer.unanswered}, {evidence: [...evidence]}),
      )
    } else if (!('notApplicable' in answer)) {
      for (const platform of PLATFORMS) {
        const judgement = judgementFor(answer, platform)
        mark(marks[platform], weighed, judgement)
        if (judgement.verdict !== 'native')
          findings.push(finding(id, [], judgement, {platform, evidence: [...evidence]}))
      }
    }
  }
  return {findings, marks, unanswered}
}

export interface Said {
  readonly verdict: Finding['verdict']
  readonly because: string
  readonly todo?: string | undefined
}

/**
 * Assembled field by field: a large estate has a quarter of a million of these. The evidence is shared by the
 * findings of one answer, so nobody may change it.
 */
export function finding(rule: string, subjects: string[], said: Said, more: FindingMore): Finding {
  const made: Finding = {
    rule,
    subjects,
    verdict: said.verdict,
    because: said.because,
    evidence: more.evidence,
  }
  if (more.platform !== undefined) made.platform = more.platform
  if (said.todo !== undefined) made.todo = said.todo
  return made
}

export interface FindingMore {
  readonly evidence: string[]
  readonly platform?: Platform
}

/** Platforms that a score list names, best first. */
export const byScore = (scores: readonly Score[]): Score[] =>
  scores.toSorted((one, other) => other.score - one.score)
