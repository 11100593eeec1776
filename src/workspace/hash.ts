import {createHash} from 'node:crypto'

import {StructureFacts} from '../model/facts.ts'
import {isJson, type Json} from './json.ts'

/** Piece by piece: the whole of a large estate is never one string. */
type Parts = (artefact: Json) => Iterable<unknown>

const without = (artefact: Json, ...keys: readonly string[]): Json =>
  Object.fromEntries(Object.entries(artefact).filter(([key]) => !keys.includes(key)))

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : [])

/**
 * What of an artefact later stages decide on. Numbers that change by themselves stay outside, or every
 * re-inspection would void every acceptance (style.md 6.1).
 */
const STABLE: Readonly<Record<string, Parts>> = {
  // Where a thing was read is no part of it: an export that was renamed is the same estate (model/structure.ts).
  *'mqlift/inventory'(inventory) {
    yield without(inventory, 'destinations', 'bindings', 'clients', 'links', 'notRead', 'notices')
    for (const destination of list(inventory['destinations'])) yield declared(destination)
    for (const binding of list(inventory['bindings'])) yield without(binding, 'evidence')
  },
  // A plan is made from which platform each destination goes to; the texts and figures around it may be refreshed.
  *'mqlift/assessment'(assessment) {
    for (const {id, recommended} of list(assessment['destinations']))
      yield {id, platform: isJson(recommended) ? recommended['platform'] : undefined}
  },
  // Acceptances and answers are read from decisions.yaml; what an answer *changed* is in the steps and moves.
  *'mqlift/plan'(plan) {
    yield without(plan, 'open', 'losses', 'moves')
    for (const move of list(plan['moves'])) yield {move: without(move, 'expected', 'estimateSeconds')}
    for (const loss of list(plan['losses'])) yield {loss: without(loss, 'acceptedBy')}
  },
}

const FACTS = Object.keys(StructureFacts.shape)

/** Facts as a list in the order of the model: an estate has hundreds of thousands, too many to sort. */
function declared(destination: Json): Json {
  const facts = isJson(destination['facts']) ? destination['facts'] : {}
  const said: unknown[] = []
  for (const name of FACTS) {
    const fact = facts[name]
    if (isJson(fact)) said.push(name, fact['value'], fact['unresolved'])
  }
  return {...destination, facts: said}
}

/** Content hash of an artefact: canonical JSON without its `inputs` and without what changes by itself. */
export function contentHash(artefact: Json): string {
  const parts = STABLE[String(artefact['kind'])] ?? ((whole: Json) => [whole])
  const hash = createHash('sha256')
  for (const part of parts(without(artefact, 'inputs'))) hash.update(`${canonicalJson(part)}\n`)
  return hash.digest('hex')
}

/** JSON with sorted keys and no white space: equal values give equal text. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value))

/** Copied first, because a replacer that sorts while JSON.stringify runs takes twice as long. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isJson(value)) return value
  // Made from entries: an assignment would take a key called __proto__ for something else.
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  )
}
