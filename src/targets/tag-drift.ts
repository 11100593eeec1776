import type {Drift} from '../model/deployment.ts'

export type Tags = Readonly<Record<string, string>>

/** Tags of ours that are missing or different. Those of others are left alone and are no drift. */
export function tagDrift(step: string, wanted: Tags, found: Tags): Drift[] {
  return Object.entries(wanted)
    .filter(([key, value]) => found[key] !== value)
    .map(([key, value]) => ({step, attribute: `tag ${key}`, wanted: value, found: found[key] ?? null}))
}
