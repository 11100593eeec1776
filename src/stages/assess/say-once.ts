import type {AssessedDestination, Finding} from '../../model/assessment.ts'

/** The same words about more destinations than this are said once, for all of them. */
const MANY = 200
const FEW = 3

/**
 * Takes findings that most of a large estate shares out of the destinations and puts them with the estate, naming
 * all their subjects: ten thousand queues would otherwise repeat the same twenty sentences each, 75 MB of them.
 */
export function sayOnce(destinations: readonly AssessedDestination[]): {
  destinations: AssessedDestination[]
  shared: Finding[]
} {
  if (destinations.length <= MANY) return {destinations: [...destinations], shared: []}
  const groups = Map.groupBy(
    destinations.flatMap(({findings}) => findings),
    words,
  )
  const shared = [...groups.values()].filter(({length}) => length > MANY)
  const told = new Set(shared.flat())
  return {
    destinations: destinations.map((each) => ({
      ...each,
      findings: each.findings.filter((finding) => !told.has(finding)),
    })),
    shared: shared.flatMap(together),
  }
}

const words = ({rule, platform, verdict, because, todo}: Finding): string =>
  [rule, platform, verdict, because, todo].join('\0')

function together(findings: readonly Finding[]): Finding[] {
  const [first] = findings
  if (first === undefined) return []
  return [
    {
      ...first,
      subjects: findings.flatMap(({subjects}) => subjects),
      evidence: findings.slice(0, FEW).flatMap(({evidence}) => evidence),
    },
  ]
}
