import type {Archive} from '../archive/archive.ts'
import {openEventLog} from '../cli/event-log.ts'
import {keepMoverLean} from '../cli/lean-heap.ts'
import {startProgress} from '../cli/progress.ts'
import type {Ledger} from '../ledger/ledger.ts'
import type {Body} from '../model/artefact.ts'
import type {Deployment, Resource} from '../model/deployment.ts'
import type {Plan} from '../model/plan.ts'
import type {Source} from '../sources/source.ts'
import {migrate, type MigrateOutcome} from '../stages/migrate.ts'
import type {OpenBroker} from './old-broker.ts'
import type {Session} from './session.ts'

export interface LaneFlags {
  readonly rate?: number | undefined
  readonly window?: number | undefined
  readonly events?: string | undefined
}

export interface BackParts {
  readonly plan: Body<Plan>
  readonly deployment: Body<Deployment>
  readonly accepted: ReadonlySet<string>
  readonly source: Source
  readonly broker: OpenBroker
  readonly ledger: Ledger
  /** Null = what is sent is in an archive already. */
  readonly archive: Archive | null
}

/** The ordinary mover in the other direction, with the status line on stderr. */
export async function moveBack(
  session: Session,
  parts: BackParts,
  flags: LaneFlags,
): Promise<MigrateOutcome> {
  keepMoverLean()
  const {talk, now, signal} = session
  const {source, broker, ledger, archive} = parts
  using log = openEventLog(flags.events, now, (why) => talk.warn(`no more events are written: ${why}`))
  using progress = await startProgress(talk, now)
  return await migrate(
    parts,
    {
      source,
      target: (move, _resource: Resource, stop) => broker.target(move, stop),
      count: (resource) => broker.count(resource),
      ledger,
      archive,
    },
    {
      until: 'empty',
      ...(flags.window !== undefined && {window: {messages: flags.window}}),
      rate: () => flags.rate ?? null,
      now,
      random: () => Math.random(),
      onEvent(event) {
        log.event(event)
        progress.event(event)
      },
    },
    signal,
  )
}
