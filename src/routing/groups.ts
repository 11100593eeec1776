/** Sets that grow together: which ids belong to one group after every join. */
export class Groups {
  readonly #parent = new Map<string, string>()

  /** Makes two ids, known or new, members of one group. */
  join(one: string, other: string): void {
    const [a, b] = [this.root(one), this.root(other)]
    if (a !== b) this.#parent.set(a, b)
  }

  /** The same text for every member of a group. */
  root(id: string): string {
    let at = id
    for (let up = this.#parent.get(at); up !== undefined; up = this.#parent.get(at)) {
      // Halves the way for the next time, so that long chains stay cheap.
      const above = this.#parent.get(up)
      if (above !== undefined) this.#parent.set(at, above)
      at = above ?? up
    }
    return at
  }

  /** The groups of these ids, members in the order given. */
  of(ids: Iterable<string>): string[][] {
    return [...Map.groupBy(ids, (id) => this.root(id)).values()]
  }
}
