import type {Finding} from '../../model/assessment.ts'
import type {Found, Pattern, PatternContext} from '../../patterns/pattern.ts'
import {finding} from './judge.ts'

/** What patterns say about one destination. */
export interface Noticed {
  readonly findings: Finding[]
  readonly todo: string[]
  readonly decide: {question: string; who: string}[]
  retire?: string
  serves?: readonly string[]
}

export interface Recognised {
  /** Destinations that are left out, and why. */
  readonly ignored: ReadonlyMap<string, {readonly rule: string; readonly because: string}>
  readonly estate: readonly Finding[]
  readonly noticed: ReadonlyMap<string, Noticed>
}

/** A finding about one destination is kept with it, one about several with the estate: nothing is said twice. */
export function recognise(patterns: readonly Pattern[], context: PatternContext): Recognised {
  const ignored = new Map<string, {rule: string; because: string}>()
  const estate: Finding[] = []
  const noticed = new Map<string, Noticed>()
  for (const pattern of patterns) {
    for (const found of pattern.find(context)) {
      if (found.means === 'ignore') {
        for (const id of found.subjects) ignored.set(id, {rule: pattern.id, because: found.because})
      } else keep(pattern.id, found, {estate, noticed, context})
    }
  }
  return {ignored, estate, noticed}
}

interface Kept {
  readonly estate: Finding[]
  readonly noticed: Map<string, Noticed>
  readonly context: PatternContext
}

function keep(rule: string, found: Found, {estate, noticed, context}: Kept): void {
  const {subjects, because, todo, evidence} = found
  const made = finding(rule, [...subjects], {verdict: 'adapt', because, todo}, {evidence: [...evidence]})
  const existing = subjects.filter((id) => context.graph.destinations.has(id))
  const [main] = existing
  if (subjects.length > 1 || main === undefined) estate.push(made)
  else noticedOf(noticed, main).findings.push(made)
  for (const id of existing) if (todo !== undefined) push(noticedOf(noticed, id).todo, todo)
  if (main !== undefined) settle(noticedOf(noticed, main), found)
}

/** Questions, and what to do with it, belong to the destination that the pattern is mainly about. */
function settle(own: Noticed, {because, decide, means, serves}: Found): void {
  if (decide) own.decide.push({...decide})
  if (means === 'retire') own.retire = because
  if (serves) own.serves = serves
}

function push(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text)
}

function noticedOf(noticed: Map<string, Noticed>, id: string): Noticed {
  const known = noticed.get(id)
  if (known !== undefined) return known
  const made: Noticed = {findings: [], todo: [], decide: []}
  noticed.set(id, made)
  return made
}
