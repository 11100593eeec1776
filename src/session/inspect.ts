import type {Observation} from '../model/inventory.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {appendObservations, lastObservation} from '../workspace/observations.ts'
import {openBroker, remember, type SourceFlags} from './broker.ts'
import {overrides, type Session} from './session.ts'

export interface Inspected {
  readonly inventory: Artefact<'inventory'>
  readonly observation: Observation | undefined
}

/** Reads brokers or exports and writes inventory.json and observations.jsonl. */
export async function inspectSources(
  session: Session,
  flags: SourceFlags,
  given: readonly string[],
): Promise<Inspected> {
  const {workspace, audit, signal} = session
  await using source = await openBroker(session, flags, given)
  await audit.start(overrides(flags, ['insecure-source', 'allow-plaintext']))
  const {inventory, observations} = await source.inspect(signal)
  await appendObservations(workspace, observations)
  const written = await workspace.write('inventory', inventory, [])
  await remember(session, flags, given)
  return {inventory: written, observation: observations.at(-1) ?? (await lastObservation(workspace))}
}
