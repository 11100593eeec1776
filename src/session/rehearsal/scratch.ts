import {mkdir, rm} from 'node:fs/promises'

import {z} from 'zod'

import {MqliftError} from '../../errors.ts'
import {Step} from '../../model/plan.ts'
import {isScratch} from '../../model/scratch.ts'
import {parseState} from '../../workspace/parse.ts'
import type {Session} from '../session.ts'
import type {Targets} from '../targets.ts'

/** Everything of a rehearsal that is under way: gone when it ends. */
export const FOLDER = 'rehearsal'
const RECORD = `${FOLDER}/scratch.json`

/** What may have been made. Written before anything is, so that a killed rehearsal can be tidied up after. */
const Scratch = z.object({
  run: z.string(),
  region: z.string().nullable(),
  endpoint: z.string().nullable(),
  steps: z.array(Step),
})
export type Scratch = z.infer<typeof Scratch>

export async function prepareFolder({workspace}: Session): Promise<void> {
  await mkdir(workspace.path(FOLDER), {recursive: true, mode: 0o700})
}

export async function removeFolder({workspace}: Session): Promise<void> {
  await rm(workspace.path(FOLDER), {recursive: true, force: true})
}

export async function remember({workspace}: Session, scratch: Scratch): Promise<void> {
  await workspace.writeText(RECORD, `${JSON.stringify(scratch, null, 2)}\n`)
}

/** What an earlier rehearsal may have left, because it was killed or could not remove it. */
export async function remembered({workspace}: Session): Promise<Scratch | undefined> {
  const text = await workspace.readText(RECORD)
  if (text === undefined) return undefined
  return parseState(Scratch, text, workspace.path(RECORD), 'the scratch resources that may be left')
}

/** Everything was removed. */
export async function forget({workspace}: Session): Promise<void> {
  await rm(workspace.path(RECORD), {force: true})
}

/** For each: removing is not part of what Ctrl-C stops; but a service that does not answer must not hold the shell. */
const REMOVE_MS = 60_000

/** Those that make something: a step may also only ask how a broker is configured. */
export const scratchSteps = (steps: readonly Step[]): Step[] => steps.filter(({name}) => isScratch(name))

/** A scratch resource that may still be there. */
export interface Left {
  readonly name: string
  readonly because: string
  /** What removes it, as its platform says. */
  readonly how: readonly string[]
}

/** Removes the resources, those that need others first. Returns what may still be there. */
export async function removeScratch(steps: readonly Step[], targets: Targets): Promise<Left[]> {
  const left: Left[] = []
  for (const step of steps.toReversed()) {
    const signal = AbortSignal.timeout(REMOVE_MS)
    try {
      const platform = await targets.platform(step.platform)
      await platform.remove?.(step, signal)
    } catch (error) {
      if (!(error instanceof MqliftError) && !signal.aborted) throw error
      left.push({
        name: step.name,
        because: error instanceof Error ? error.message : String(error),
        how: error instanceof MqliftError ? error.suggestions : [],
      })
    }
  }
  return left
}
