import type {Kind} from './artefacts.ts'
import type {Json} from './json.ts'

/** `from` is the version it understands; it returns the same artefact one version later. Pure. */
export interface Upgrade {
  readonly kind: Kind
  readonly from: number
  readonly upgrade: (artefact: Json) => Json
}

/** Every format change of a published version adds one line. Empty: all kinds are still at their first version. */
export const UPGRADES: readonly Upgrade[] = []

/** Applies what is needed, one version at a time. An artefact without a way up is returned as it is. */
export function upgraded(kind: Kind, artefact: Json, upgrades: readonly Upgrade[] = UPGRADES): Json {
  const next = upgrades.find((candidate) => candidate.kind === kind && candidate.from === artefact['version'])
  if (!next) return artefact
  return upgraded(kind, {...next.upgrade(artefact), version: next.from + 1}, upgrades)
}
