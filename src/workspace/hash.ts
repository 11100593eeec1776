import {createHash} from 'node:crypto'

import {isJson, type Json} from './json.ts'

type Projection = (artefact: Json) => Json

const without = (artefact: Json, ...keys: readonly string[]): Json =>
  Object.fromEntries(Object.entries(artefact).filter(([key]) => !keys.includes(key)))

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : [])

/**
 * What of an artefact later stages decide on. Numbers that change by themselves stay outside, or every
 * re-inspection would void every acceptance (style.md 6.1).
 */
const STABLE: Readonly<Record<string, Projection>> = {
  'mqlift/inventory': (inventory) => without(inventory, 'clients', 'links', 'notRead', 'notices'),
  // A plan is made from which platform each destination goes to; the texts and figures around it may be refreshed.
  'mqlift/assessment': (assessment) => ({
    destinations: list(assessment['destinations']).map((destination) => ({
      id: destination['id'],
      platform: isJson(destination['recommended']) ? destination['recommended']['platform'] : undefined,
    })),
  }),
  // Acceptances and answers are read from decisions.yaml; what an answer *changed* is in the steps and moves.
  'mqlift/plan': (plan) => ({
    ...without(plan, 'open', 'losses'),
    moves: list(plan['moves']).map((move) => without(move, 'expected', 'estimateSeconds')),
    losses: list(plan['losses']).map((loss) => without(loss, 'acceptedBy')),
  }),
}

/** Content hash of an artefact: canonical JSON without its `inputs` and without what changes by itself. */
export function contentHash(artefact: Json): string {
  const project = STABLE[String(artefact['kind'])] ?? ((whole: Json) => whole)
  return createHash('sha256')
    .update(canonicalJson(project(without(artefact, 'inputs'))))
    .digest('hex')
}

/** JSON with sorted keys and no white space: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
