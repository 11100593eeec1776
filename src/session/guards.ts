import {statfs} from 'node:fs/promises'

import type {Guard, Obstacles} from '../cli/render/plan.ts'
import {type Folder, ours} from '../cli/shell.ts'
import {size} from '../cli/table.ts'
import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import type {Inventory} from '../model/inventory.ts'
import type {Loss, Plan, Question} from '../model/plan.ts'
import {isLocal} from '../sources/index.ts'
import {changedSince} from '../stages/plan/fingerprint.ts'
import {standsForAws} from '../targets/index.ts'
import type {Place} from './place.ts'
import type {Session} from './session.ts'

type Subjects = (source: string) => boolean

/** Questions and losses that keep `--execute` from running for the selected destinations. */
export function undecided(plan: Body<Plan>, selected: Subjects): {open: Question[]; unaccepted: Loss[]} {
  return {
    open: plan.open.filter(({answer, subject}) => answer === null && concerns(subject, selected)),
    unaccepted: plan.losses.filter(
      ({acceptedBy, subject}) => acceptedBy === null && concerns(subject, selected),
    ),
  }
}

/** What is not about a destination is about the whole plan. */
const concerns = (subject: string, selected: Subjects): boolean =>
  !/^(queue|stream|exchange|topic|subscription):/.test(subject) || selected(subject)

/** Destinations of the plan that the latest inspection saw changed: only those are refused. */
export async function changed(
  {workspace}: Session,
  plan: Body<Plan>,
  selected: Subjects,
): Promise<readonly Guard[]> {
  const inventory: Body<Inventory> | undefined = await workspace.find('inventory')
  const assessment = await workspace.previous('assessment')
  if (!inventory) return []
  const ignored = new Set(assessment?.estate.ignored.map(({id}) => id))
  const moved = new Set(plan.moves.map(({source}) => source))
  return changedSince(plan, inventory, ignored)
    .filter((id) => moved.has(id) && selected(id))
    .map((id) => ({
      reason: 'structure-changed',
      because: `${id} is no longer what the plan was made from`,
      suggestion: 'mqlift assess, then mqlift plan',
    }))
}

/** An emulator's yes is not durable: nothing from a real broker goes there unless somebody says so (A1). */
export async function emulatorRefusal(
  broker: string | undefined,
  {endpoint}: Place,
  allowed: boolean,
): Promise<Guard | undefined> {
  if (allowed || endpoint === null || broker === undefined || isLocal(broker)) return undefined
  if (await standsForAws(endpoint)) return undefined
  return {
    reason: 'emulator',
    because: `${endpoint} is not AWS, and the broker is not on this machine: its yes is not durable`,
    suggestion: 'leave --endpoint and AWS_ENDPOINT_URL away, or say --allow-emulator',
  }
}

/** Bytes the archive needs beside the message itself: record head, properties and headers, rounded up. */
const RECORD_OVERHEAD = 1.1

/** Where the archive goes and how large it gets, and whether the disk holds it. */
export async function archiveNote(
  {workspace}: Session,
  bytes: number | null,
): Promise<{readonly text: string; readonly guard: Guard | undefined}> {
  const folder = workspace.path('archive')
  const {bavail, bsize} = await statfs(workspace.dir)
  const free = bavail * bsize
  const needed = bytes === null ? null : Math.ceil(bytes * RECORD_OVERHEAD)
  return {
    text: `archive: ${folder}, about ${size(needed)}; ${size(free)} free there (--archive off does without)`,
    guard: needed !== null && needed > free ? noRoom(folder, needed, free) : undefined,
  }
}

const noRoom = (folder: string, needed: number, free: number): Guard => ({
  reason: 'disk-full',
  because: `the archive needs about ${size(needed)} and ${folder} has ${size(free)} free`,
  suggestion: 'make room, name another --dir, or do without: --archive off',
})

/** The first thing that stands in the way, as an error; undefined = go. */
export function refusalOf(folder: Folder, {open, unaccepted, others}: Obstacles): MqliftError | undefined {
  const ways = [`${ours(folder, 'plan')} shows them and asks`, 'or read plan.md']
  const [question] = open
  if (question) {
    return refused('open-questions', `${open.length} open: ${question.question}`, [
      ours(folder, 'plan', `--answer=${question.id}=VALUE`),
      ...ways,
    ])
  }
  const [loss] = unaccepted
  if (loss) {
    const words = `${unaccepted.length} not accepted: ${loss.subject} would lose ${loss.field}: ${loss.reason}`
    return refused('unaccepted-losses', words, [ours(folder, 'plan', `--accept=${loss.id}`), ...ways])
  }
  const [other] = others
  return other && refused(other.reason, other.because, [other.suggestion])
}

const refused = (reason: string, message: string, suggestions: readonly string[]): MqliftError =>
  new MqliftError('refused', message, {reason, suggestions})

/** `--execute` on a folder without a plan writes the plan and stops: somebody has to read it. */
export const unread = ({workspace}: Session): MqliftError =>
  refused('no-plan', `the plan was written just now; read ${workspace.path('plan.md')}, then run again`, [
    'run the same command again',
  ])
