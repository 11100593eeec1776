interface Asked<T> {
  readonly answer: Promise<T | undefined>
  /** Of whoever asked. */
  readonly signal: AbortSignal
}

/** What a broker says that holds for a whole run, asked for once. Neither a failure nor undefined is kept. */
export class Answers<T> {
  readonly #asked = new Map<string, Asked<T>>()

  async once(
    key: string,
    ask: (signal: AbortSignal) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const before = this.#asked.get(key)
    if (!before) return this.#ask(key, ask, signal)
    try {
      return await before.answer
    } catch (error) {
      // Only whoever asked was told to stop: that is no answer of the broker.
      if (before.signal.aborted && !signal.aborted) return this.once(key, ask, signal)
      throw error
    }
  }

  async #ask(
    key: string,
    ask: (signal: AbortSignal) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const forget = (): unknown => this.#asked.delete(key)
    const answer = ask(signal).then(
      (said) => {
        if (said === undefined) forget()
        return said
      },
      (error: unknown) => {
        forget()
        throw error
      },
    )
    this.#asked.set(key, {answer, signal})
    return answer
  }
}
