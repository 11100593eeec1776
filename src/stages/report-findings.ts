import type {Body} from '../model/artefact.ts'
import type {AssessedDestination, Assessment, Finding, Rule, Verdict} from '../model/assessment.ts'
import {Platform} from '../model/platform.ts'
import type {ReportedBlocker, Task} from '../model/report.ts'

/** Blockers of the whole estate, one per rule: those that strand most destinations first, then the widest. */
export function blockers(assessment: Body<Assessment>): ReportedBlocker[] {
  const stranded = new Set(assessment.destinations.filter(isStranded).map(({id}) => id))
  const found = allFindings(assessment).filter(({verdict}) => verdict === 'blocker')
  return [...Map.groupBy(found, ({rule}) => rule)]
    .map(([id, findings]) => blocker(id, findings, {rule: assessment.rules[id], stranded}))
    .toSorted(
      (one, other) =>
        other.stranded - one.stranded ||
        other.subjects.length - one.subjects.length ||
        one.rule.localeCompare(other.rule),
    )
}

/** No platform on AWS is recommended: the advice is to stay, or to use another kind of service. */
function isStranded({recommended}: AssessedDestination): boolean {
  const platforms: readonly string[] = Platform.options
  return !platforms.includes(recommended.platform) && recommended.platform !== 'retire'
}

function blocker(
  id: string,
  findings: readonly Finding[],
  {rule, stranded}: {rule: Rule | undefined; stranded: ReadonlySet<string>},
): ReportedBlocker {
  const subjects = [...new Set(findings.flatMap((finding) => finding.subjects))]
  return {
    rule: id,
    question: rule?.question ?? id,
    platforms: Platform.options.filter((platform) =>
      findings.some((finding) => finding.platform === platform),
    ),
    subjects,
    stranded: subjects.filter((subject) => stranded.has(subject)).length,
    because: mostFrequent(findings.map(({because}) => because)),
    fix:
      mostFrequent(findings.flatMap(({todo}) => (todo === undefined ? [] : [todo]))) || (rule?.advice ?? ''),
    url: rule?.sources[0]?.url ?? null,
  }
}

function mostFrequent(texts: readonly string[]): string {
  const [first] = [...Map.groupBy(texts, (text) => text)].toSorted(
    ([, one], [, other]) => other.length - one.length,
  )
  return first?.[0] ?? ''
}

export function allFindings(assessment: Body<Assessment>): Finding[] {
  return [...assessment.destinations.flatMap(({findings}) => findings), ...assessment.estate.findings]
}

export function countByVerdict(findings: readonly Finding[]): Partial<Record<Verdict, number>> {
  const groups = Map.groupBy(findings, ({verdict}) => verdict)
  return Object.fromEntries([...groups].map(([verdict, {length}]) => [verdict, length]))
}

/** The same question about many destinations is one task. */
export function tasks(assessment: Body<Assessment>): Task[] {
  const asked = assessment.destinations.flatMap(({id, decide}) =>
    decide.map((question) => ({id, ...question})),
  )
  return [...Map.groupBy(asked, ({question, who}) => JSON.stringify([who, question]))].map(([, group]) => ({
    what: group[0]?.question ?? '',
    who: group[0]?.who ?? '',
    subjects: group.map(({id}) => id),
    answer: null,
  }))
}
