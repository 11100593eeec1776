import {appendFile, readFile} from 'node:fs/promises'

/** In the folder of every demo, also before the first acknowledgement: it is how a demo's folder is known. */
export const ACKNOWLEDGED_FILE = 'demo-broker.txt'

/**
 * Which messages of the demo broker are gone, kept in one file so that a second run finds the queues as the first
 * left them. Lines are `<destination id> <index>`; a line that a crash cut short is not an acknowledgement.
 */
export class Acknowledged {
  readonly #file: string
  readonly #gone: Map<string, Set<number>>
  #pending: string[] = []
  #writing: Promise<void> | undefined

  private constructor(file: string, gone: Map<string, Set<number>>) {
    this.#file = file
    this.#gone = gone
  }

  static async open(file: string): Promise<Acknowledged> {
    await appendFile(file, '', {mode: 0o600})
    const text = await readFile(file, 'utf8')
    const gone = new Map<string, Set<number>>()
    for (const [, id = '', index = ''] of text.matchAll(/^(\S+) (\d+)\n/gm)) {
      addTo(gone, id, Number(index))
    }
    return new Acknowledged(file, gone)
  }

  has(id: string, index: number): boolean {
    return this.#gone.get(id)?.has(index) ?? false
  }

  count(id: string): number {
    return this.#gone.get(id)?.size ?? 0
  }

  /** Resolves when the file says so. Acknowledgements that arrive together are written together. */
  async add(id: string, index: number): Promise<void> {
    this.#pending.push(`${id} ${index}\n`)
    this.#writing ??= this.#write()
    await this.#writing
    addTo(this.#gone, id, index)
  }

  async #write(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#writing = undefined
    const lines = this.#pending
    this.#pending = []
    await appendFile(this.#file, lines.join(''), {mode: 0o600})
  }
}

function addTo(gone: Map<string, Set<number>>, id: string, index: number): void {
  const indexes = gone.get(id)
  if (indexes) indexes.add(index)
  else gone.set(id, new Set([index]))
}
