import {MqliftError} from '../../errors.ts'
import type {Body} from '../../model/artefact.ts'
import type {Deployment, Drift, Resource} from '../../model/deployment.ts'
import type {Step} from '../../model/plan.ts'
import type {Platform} from '../../model/platform.ts'
import type {ConnectedPlatform, ProvisionOptions} from '../../targets/target.ts'
import {inWaves} from './waves.ts'

type Connect = (platform: Platform) => Promise<ConnectedPlatform>

export interface Found {
  readonly step: Step
  readonly drift: readonly Drift[]
  readonly missing: boolean
}

export interface RunOptions {
  readonly adopt: boolean
  readonly signal: AbortSignal
  onDone(step: string, origin: Resource['origin'], writes: number): void
}

/** One apply at work: what has been resolved so far. */
export class Run {
  readonly #connect: Connect
  readonly #previous: ReadonlyMap<string, Resource>
  readonly #options: RunOptions
  readonly #resolved = new Map<string, Resource>()
  readonly #platforms = new Map<Platform, Promise<ConnectedPlatform>>()

  constructor(connect: Connect, previous: Body<Deployment> | null, options: RunOptions) {
    this.#connect = connect
    this.#previous = new Map((previous?.resources ?? []).map((resource) => [resource.step, resource]))
    this.#options = options
  }

  /** Reads only. */
  async look(steps: readonly Step[], cutover: boolean): Promise<Found[]> {
    return inWaves(steps, (step) => this.#lookAt(step, cutover), this.#options.signal)
  }

  async #lookAt(step: Step, cutover: boolean): Promise<Found> {
    const {resource, drift} = await this.#provision(step, {execute: false, cutover})
    const before = this.#previous.get(step.id)
    // Not made yet is no drift; made, and gone, is.
    if (!resource) return {step, drift: before ? drift : [], missing: true}
    this.#resolved.set(step.id, this.#remembered(resource, 0))
    return {step, drift: [...recreated(before, resource), ...drift], missing: false}
  }

  /** Returns the number of write calls. Creates what is missing and repairs what differs; everything else was read already. */
  async change(found: readonly Found[], cutover: boolean): Promise<number> {
    const todo = found.filter(({missing, drift}) => missing || drift.length > 0).map(({step}) => step)
    const writes = await inWaves(todo, (step) => this.#change(step, cutover), this.#options.signal)
    return writes.reduce((sum, one) => sum + one, 0)
  }

  async #change(step: Step, cutover: boolean): Promise<number> {
    const {resource, writes} = await this.#provision(step, {execute: true, cutover})
    if (!resource) {
      throw new MqliftError('incomplete', `${step.id} could not be made: something it needs is missing`, {
        reason: 'target-missing',
        suggestions: ['run mqlift apply again; if it stays, the plan is not complete'],
      })
    }
    this.#resolved.set(step.id, this.#remembered(resource, writes))
    this.#options.onDone(step.id, resource.origin, writes)
    return writes
  }

  async #provision(
    step: Step,
    options: Pick<ProvisionOptions, 'execute' | 'cutover'>,
  ): ReturnType<ConnectedPlatform['provision']> {
    const {signal} = this.#options
    signal.throwIfAborted()
    const {platform} = step
    const connecting = this.#platforms.get(platform) ?? this.#connect(platform)
    this.#platforms.set(platform, connecting)
    return (await connecting).provision(step, {...options, resolved: this.#resolved}, signal)
  }

  /** What an earlier run knew and AWS does not tell again: when it was made, by whom, when it is ready. */
  #remembered(resource: Resource, writes: number): Resource {
    const before = this.#previous.get(resource.step)
    const same = before?.arn === resource.arn && sameCreation(before, resource)
    if (!same) return this.#options.adopt ? {...resource, origin: 'adopted'} : resource
    return {
      ...resource,
      createdAt: resource.createdAt ?? before.createdAt,
      origin: before.origin,
      readyAt: writes > 0 ? resource.readyAt : before.readyAt,
    }
  }

  resources(steps: readonly Step[]): Resource[] {
    return steps.flatMap(({id}) => this.#resolved.get(id) ?? [])
  }
}

function sameCreation(before: Resource, now: Resource): boolean {
  return before.createdAt === null || now.createdAt === null || before.createdAt === now.createdAt
}

/** Deleted and made again by somebody: what was moved into the old one is not in it (T18). */
function recreated(before: Resource | undefined, now: Resource): Drift[] {
  if (!before || sameCreation(before, now)) return []
  return [{step: now.step, attribute: 'createdAt', wanted: before.createdAt, found: now.createdAt}]
}
