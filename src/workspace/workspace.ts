import {lstat, rm} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'

import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import {laidOut} from '../model/laid-out.ts'
import {type Artefact, ARTEFACTS, fileOf, type Kind, kindOf} from './artefacts.ts'
import {makeFolder, readText, type Text, writeAtomic} from './files.ts'
import {contentHash} from './hash.ts'
import type {Json} from './json.ts'
import {parseArtefact, parseJson} from './parse.ts'

/**
 * The migration folder. Stages make bodies; only this class writes them, with a head that names what they were
 * made from. A file whose inputs have moved on since is refused, not used.
 */
export class Workspace {
  readonly dir: string
  /** Content hashes of what this process read and wrote: a large file is not read twice to be hashed. */
  readonly #hashes = new Map<Kind, {readonly stamp: string; readonly hash: string}>()

  constructor(dir: string) {
    this.dir = resolve(dir)
  }

  /** Where a file or folder of the migration lives: `ledger.db`, `archive`. */
  path(name: string): string {
    return join(this.dir, name)
  }

  async has(name: string): Promise<boolean> {
    return (await lstat(this.path(name)).catch(() => undefined)) !== undefined
  }

  /** The artefact, or `input` saying what to run when it is missing, damaged, newer or stale. */
  async read<K extends Kind>(kind: K): Promise<Artefact<K>> {
    const found = await this.find(kind)
    if (found) return found
    const file = fileOf(kind)
    throw new MqliftError('input', `there is no ${file} in ${this.dir}`, {
      file: this.path(file),
      reason: 'missing',
      suggestions: [`run ${ARTEFACTS[kind].run}`, 'or name the migration folder with --dir'],
    })
  }

  /** As `read`, but undefined when there is none yet. */
  async find<K extends Kind>(kind: K): Promise<Artefact<K> | undefined> {
    const artefact = await this.previous(kind)
    if (artefact) await this.#refuseStale(kind, artefact.inputs)
    return artefact
  }

  /** What the stage wrote last time, though its inputs may have moved on: to be replaced, not to be used. */
  async previous<K extends Kind>(kind: K): Promise<Artefact<K> | undefined> {
    const raw = await this.#raw(kind)
    return raw && parseArtefact(kind, raw, this.path(fileOf(kind)))
  }

  /** Writes a stage's body under its head. `inputs` are the artefacts it was made from, as they are now. */
  async write<K extends Kind>(
    kind: K,
    body: Body<Artefact<K>>,
    inputs: readonly Kind[],
  ): Promise<Artefact<K>> {
    const hashes: Record<string, string> = {}
    for (const input of inputs) hashes[fileOf(input)] = await this.hash(input)
    const head = {kind: `mqlift/${kind}`, version: ARTEFACTS[kind].version, inputs: hashes}
    // The compiler cannot join a generic body with its head; the types of `kind` and `body` say that they match.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const artefact = {...head, ...body} as unknown as Artefact<K>
    await this.writeText(fileOf(kind), laidOut(artefact))
    await this.#remember(kind, {...artefact})
    return artefact
  }

  /** Content hash of an artefact as it is in the folder. */
  async hash(kind: Kind): Promise<string> {
    const hash = await this.#hashOf(kind)
    if (hash === undefined) throw new TypeError(`${fileOf(kind)} is named as an input but was never written`)
    return hash
  }

  /** A file of the folder, or of a folder in it; created with mode 0600, replaced in one step. */
  async writeText(name: string, text: Text): Promise<void> {
    await makeFolder(dirname(this.path(name)))
    await writeAtomic(this.path(name), text)
  }

  /** Of a file that nothing stands behind any more; none is fine, too. */
  async remove(name: string): Promise<void> {
    await rm(this.path(name), {force: true})
  }

  readText(name: string): Promise<string | undefined> {
    return readText(this.path(name))
  }

  async #raw(kind: Kind): Promise<Json | undefined> {
    const path = this.path(fileOf(kind))
    const text = await readText(path)
    if (text === undefined) return undefined
    const raw = parseJson(text, path)
    if (this.#hashes.get(kind)?.stamp !== (await stampOf(path))) await this.#remember(kind, raw)
    return raw
  }

  async #remember(kind: Kind, raw: Json): Promise<void> {
    // Nothing is made from a report, and it is as large as the estate.
    if (kind === 'report') return
    this.#hashes.set(kind, {stamp: await stampOf(this.path(fileOf(kind))), hash: contentHash(raw)})
  }

  /** Undefined when there is no such file. */
  async #hashOf(kind: Kind): Promise<string | undefined> {
    const known = this.#hashes.get(kind)
    if (known && known.stamp === (await stampOf(this.path(fileOf(kind))))) return known.hash
    return (await this.#raw(kind)) && this.#hashes.get(kind)?.hash
  }

  /** An input that is not in the folder cannot have moved on: a plan may be carried to another machine alone. */
  async #refuseStale(kind: Kind, inputs: Readonly<Record<string, string>>): Promise<void> {
    for (const [file, hash] of Object.entries(inputs)) {
      const input = kindOf(file)
      const now = input && (await this.#hashOf(input))
      if (input && now !== undefined && now !== hash) throw movedOn(kind, input)
    }
  }
}

/** Changes whenever somebody writes the file. */
async function stampOf(path: string): Promise<string> {
  const found = await lstat(path, {bigint: true}).catch(() => undefined)
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'none'
}

function movedOn(kind: Kind, input: Kind): MqliftError {
  const {run} = ARTEFACTS[kind]
  if (kind === 'deployment' && input === 'plan') {
    return new MqliftError('refused', 'plan.json was changed after it was applied', {
      reason: 'plan-edited',
      suggestions: ['review plan.json, then run mqlift apply --execute', 'or restore plan.json as it was'],
    })
  }
  return new MqliftError('input', `${fileOf(input)} has changed since ${fileOf(kind)} was made from it`, {
    reason: 'stale',
    suggestions: [`run ${run}`],
  })
}
