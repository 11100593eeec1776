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
  const groups = new Groups()
  const grouped = destinations.map(({findings}) => findings.map((finding) => groups.add(finding)))
  return {
    destinations: destinations.map((each, at) => ({
      ...each,
      findings: each.findings.filter((_, index) => (grouped[at]?.[index]?.length ?? 0) <= MANY),
    })),
    shared: groups.all.filter(({length}) => length > MANY).flatMap(together),
  }
}

type ByWords = Map<string, Finding[]>
type ByPlatform = Map<string | undefined, ByWords>

/** By rule, platform and words. Maps in maps, because joining a quarter of a million keys takes longer. */
class Groups {
  readonly #rules = new Map<string, ByPlatform>()

  /** Those that say the same so far, this one included. */
  add(finding: Finding): readonly Finding[] {
    const platforms = known(this.#rules, finding.rule, noPlatforms)
    const group = known(known(platforms, finding.platform, noWords), finding.because, noFindings)
    group.push(finding)
    return group
  }

  get all(): Finding[][] {
    const platforms = [...this.#rules.values()].flatMap((each) => [...each.values()])
    return platforms.flatMap((words) => [...words.values()])
  }
}

const noPlatforms = (): ByPlatform => new Map()
const noWords = (): ByWords => new Map()
const noFindings = (): Finding[] => []

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
