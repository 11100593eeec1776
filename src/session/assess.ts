import {open} from 'node:fs/promises'

import {keepHeapLean} from '../cli/lean-heap.ts'
import {CRITERIA, WEIGHTS} from '../criteria/index.ts'
import {MqliftError} from '../errors.ts'
import type {Preference} from '../model/platform.ts'
import {PATTERNS} from '../patterns/index.ts'
import {assess} from '../stages/assess.ts'
import type {Artefact} from '../workspace/artefacts.ts'
import {readConfig} from '../workspace/config.ts'
import {lastObservation} from '../workspace/observations.ts'
import {parseArtefact, parseJson} from '../workspace/parse.ts'
import type {SourceFlags} from './broker.ts'
import {inspectSources} from './inspect.ts'
import type {Session} from './session.ts'

interface AssessFlags extends SourceFlags {
  readonly prefer: Preference
}

/** Writes assessment.json. Given brokers or exports, inspects them first; given an inventory, takes it over. */
export async function assessSources(
  session: Session,
  flags: AssessFlags,
  given: readonly string[],
): Promise<Artefact<'assessment'>> {
  keepHeapLean()
  const {workspace} = session
  const inventory = await inventoryOf(session, flags, given)
  const config = await readConfig(workspace)
  const body = assess(
    {inventory, observation: await lastObservation(workspace)},
    {preference: flags.prefer, criteria: CRITERIA, patterns: PATTERNS, weights: weights(config.weights)},
  )
  return workspace.write('assessment', body, ['inventory'])
}

async function inventoryOf(
  session: Session,
  flags: AssessFlags,
  given: readonly string[],
): Promise<Artefact<'inventory'>> {
  const [first, ...others] = given
  if (first === undefined) return session.workspace.read('inventory')
  const taken = others.length === 0 ? await takeOver(session, first) : undefined
  return taken ?? (await inspectSources(session, flags, given)).inventory
}

function weights(overridden: Readonly<Record<string, number>>): Record<string, number> {
  const unknown = Object.keys(overridden).find((id) => !Object.hasOwn(WEIGHTS, id))
  if (unknown === undefined) return {...WEIGHTS, ...overridden}
  throw new MqliftError('input', `mqlift.yaml weighs ${unknown}, which is no criterion`, {
    suggestions: ['the ids are in assessment.json under rules'],
  })
}

/** An inventory.json that somebody brought along goes into this folder. Undefined when the file is something else. */
async function takeOver({workspace}: Session, path: string): Promise<Artefact<'inventory'> | undefined> {
  if (!(await startsLikeInventory(path))) return undefined
  await using file = await open(path)
  const {
    kind: _kind,
    version: _version,
    inputs: _inputs,
    ...body
  } = parseArtefact('inventory', parseJson(await file.readFile('utf8'), path), path)
  return workspace.write('inventory', body, [])
}

/** Our artefacts begin with their kind, so a few bytes tell. */
async function startsLikeInventory(path: string): Promise<boolean> {
  try {
    await using file = await open(path)
    const {buffer, bytesRead} = await file.read(Buffer.alloc(200), 0, 200, 0)
    return /^\s*\{\s*"kind":\s*"mqlift\/inventory"/.test(buffer.toString('utf8', 0, bytesRead))
  } catch {
    return false
  }
}
