import type {Shovelled, Shovels} from '../../model/shovels.ts'
import type {Session} from '../session.ts'

/** shovels.json, written in one step at every change: what a killed run knew, the next one knows. */
export class Records {
  readonly #session: Session
  readonly #moves: Shovelled[]
  #names: number
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(session: Session, moves: readonly Shovelled[]) {
    this.#session = session
    this.#moves = [...moves]
    this.#names = moves.length
  }

  static async of(session: Session): Promise<Records> {
    const known = await session.workspace.previous('shovels')
    return new Records(session, known?.moves ?? [])
  }

  get running(): readonly Shovelled[] {
    return this.#moves.filter(({state}) => state === 'running')
  }

  /** Another one at every call: two shovels of one name would be one. */
  newName(): string {
    return `mqlift.${this.#session.runId.slice(0, 8)}.${++this.#names}`
  }

  add(record: Shovelled): Promise<void> {
    this.#moves.push(record)
    return this.#write()
  }

  replace(record: Shovelled): Promise<void> {
    const index = this.#moves.findIndex(({shovel}) => shovel.name === record.shovel.name)
    this.#moves[index] = record
    return this.#write()
  }

  /** How often this move was given up: each time, what was in hand was delivered once more. */
  stoppedOf(id: string): number {
    return this.#moves.filter(({move, state, rounds}) => move === id && state === 'stopped' && rounds > 0)
      .length
  }

  /** Of one that no shovel was put for: what was counted then means nothing later. */
  async forgetUnused(name: string): Promise<void> {
    const index = this.#moves.findIndex(({shovel, rounds}) => shovel.name === name && rounds === 0)
    if (index < 0) return
    this.#moves.splice(index, 1)
    await this.#write()
  }

  async #write(): Promise<void> {
    const write = this.#writing.then(() => {
      const body: Pick<Shovels, 'moves'> = {moves: [...this.#moves]}
      return this.#session.workspace.write('shovels', body, ['plan', 'deployment'])
    })
    this.#writing = write.catch(() => undefined)
    await write
  }
}
