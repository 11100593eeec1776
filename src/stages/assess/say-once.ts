import type {AssessedDestination, Finding} from '../../model/assessment.ts'

/** The same words about more destinations than this are said once, for all of them. */
const MANY = 200
const FEW = 3

/**
 * Takes findings that most of a large estate shares out of the destinations and puts them with the estate, naming
 * all their subjects: ten thousand queues would otherwise repeat the same twenty sentences each, 75 MB of them.
 */
export function sayOnce(destinations: readonly AssessedDestination[]): {
  destinations: readonly AssessedDestination[]
  shared: Finding[]
} {
  if (destinations.length <= MANY) return {destinations, shared: []}
  const alike = new Map<string, Alike>()
  for (const {findings} of destinations) for (const finding of findings) groupOf(alike, finding).push(finding)
  return {
    destinations: destinations.map((each) => ({
      ...each,
      findings: each.findings.filter((finding) => groupOf(alike, finding).length <= MANY),
    })),
    shared: [...alike.values()]
      .flatMap((platforms) => [...platforms.values()])
      .flatMap((words) => [...words.values()])
      .filter(({length}) => length > MANY)
      .flatMap(together),
  }
}

/** By platform, then by words. Maps in maps, because joining a quarter of a million keys takes longer. */
type Alike = Map<string | undefined, Map<string, Finding[]>>

function groupOf(alike: Map<string, Alike>, {rule, platform, because}: Finding): Finding[] {
  const platforms = known<string, Alike>(alike, rule, () => new Map())
  const words = known<string | undefined, Map<string, Finding[]>>(platforms, platform, () => new Map())
  return known<string, Finding[]>(words, because, () => [])
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key)
  if (present !== undefined) return present
  const made = make()
  map.set(key, made)
  return made
}

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
