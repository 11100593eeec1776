import {MqliftError} from '../../errors.ts'

/** Real exports are 20 levels deep at most; the bound keeps hostile ones from exhausting the stack (SEC-34). */
const MAX_DEPTH = 200

export interface ParsedText {
  readonly value: unknown
  /** What had to be repaired, in words, each once. */
  readonly repairs: readonly string[]
}

/** Strict JSON first, since nearly every file is; then JSON as people write it by hand and templates produce it. */
export function parseJsonText(text: string, file: string): ParsedText {
  try {
    return {value: JSON.parse(text) as unknown, repairs: []}
  } catch {
    return new TolerantParser(text, file).document()
  }
}

/** JSON with comments, trailing commas and unquoted placeholders. Slower, exact about where it stops. */
class TolerantParser {
  readonly #text: string
  readonly #file: string
  readonly #repairs = new Map<string, number>()
  #at = 0
  #depth = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  document(): ParsedText {
    this.#skipBanner()
    const value = this.#value()
    this.#space()
    if (this.#at < this.#text.length) throw this.#expected('the end of the file')
    const repairs = [...this.#repairs].map(([what, line]) => `${what} (line ${line})`)
    return {value, repairs}
  }

  /** rabbitmqctl without --quiet says what it lists before it lists it. */
  #skipBanner(): void {
    const banner = /^(?:(?:Listing|Exporting|Timeout:)[^\n{[]*(?:\n|$))+/.exec(this.#text)
    if (!banner) return
    this.#repair('lines before the JSON')
    this.#at = banner[0].length
  }

  #value(): unknown {
    this.#space()
    const next = this.#text.charAt(this.#at)
    const placeholder = this.#placeholder()
    if (placeholder !== undefined) return placeholder
    if (next === '{' && !this.#text.startsWith('{%', this.#at)) return this.#nested(() => this.#object())
    if (next === '[') return this.#nested(() => this.#array())
    if (next === '"') return this.#string()
    const word = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/.exec(this.#rest(40))
    if (!word) throw this.#expected('a value')
    this.#at += word[0].length
    const value: unknown = JSON.parse(word[0])
    return value
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.#expected(`at most ${MAX_DEPTH} levels`)
    this.#at++
    const value = read()
    this.#depth--
    return value
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = []
    this.#items('}', () => {
      if (this.#text.charAt(this.#at) !== '"') throw this.#expected('a name in double quotes')
      const name = this.#string()
      this.#space()
      if (!this.#takes(':')) throw this.#expected(`: after "${name.slice(0, 40)}"`)
      entries.push([name, this.#value()])
    })
    return Object.fromEntries(entries)
  }

  #array(): unknown[] {
    const items: unknown[] = []
    this.#items(']', () => items.push(this.#value()))
    return items
  }

  #items(close: string, read: () => void): void {
    for (let first = true; ; first = false) {
      this.#space()
      if (this.#takes(close)) return
      if (!first) {
        const comma = this.#at
        if (!this.#takes(',')) throw this.#expected(`, or ${close}`)
        this.#space()
        if (this.#text.charAt(this.#at) === close) {
          this.#repair('trailing commas', comma)
          continue
        }
      }
      read()
    }
  }

  #string(): string {
    const start = this.#at
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text.charAt(this.#at)
      if (letter === '\\') this.#at++
      else if (letter === '\n') break
      else if (letter === '"') return this.#quoted(start, ++this.#at)
    }
    this.#at = start
    throw this.#expected('a " that ends this text on the same line')
  }

  #quoted(start: number, end: number): string {
    try {
      return String(JSON.parse(this.#text.slice(start, end)))
    } catch {
      this.#at = start
      throw this.#expected('valid escapes in this text')
    }
  }

  /** `${TTL}`, `{{ ttl }}` or `<%= ttl %>` where a value belongs. */
  #placeholder(): string | undefined {
    const found = /^(?:\$\{[^}\n]*\}|\{\{[^}\n]*\}\}|<%[^%\n]*%>)/.exec(this.#rest(200))
    if (!found) return undefined
    this.#repair('unquoted placeholders')
    this.#at += found[0].length
    return found[0]
  }

  #space(): void {
    for (;;) {
      const space = /^[\s\u00A0\uFEFF]+/.exec(this.#rest(4096))
      this.#at += space?.[0].length ?? 0
      const comment = this.#comment()
      if (comment) this.#repair('comments')
      this.#at += comment
      if (!space && comment === 0) return
    }
  }

  #comment(): number {
    if (this.#text.startsWith('/*', this.#at)) {
      const end = this.#text.indexOf('*/', this.#at + 2)
      if (end === -1) throw this.#expected('*/ that ends this comment')
      return end + 2 - this.#at
    }
    if (!this.#text.startsWith('//', this.#at) && this.#text.charAt(this.#at) !== '#') return 0
    const end = this.#text.indexOf('\n', this.#at)
    return (end === -1 ? this.#text.length : end) - this.#at
  }

  #takes(letter: string): boolean {
    if (this.#text.charAt(this.#at) !== letter) return false
    this.#at++
    return true
  }

  #rest(length: number): string {
    return this.#text.slice(this.#at, this.#at + length)
  }

  #repair(what: string, at = this.#at): void {
    if (!this.#repairs.has(what)) this.#repairs.set(what, this.#place(at).line)
  }

  #place(at: number): {line: number; column: number} {
    const before = this.#text.slice(0, at)
    return {line: before.split('\n').length, column: at - before.lastIndexOf('\n')}
  }

  #expected(what: string): MqliftError {
    const {line, column} = this.#place(this.#at)
    const found = this.#at < this.#text.length ? JSON.stringify(this.#rest(12)) : 'the end of the file'
    const statement = this.#text.startsWith('{%', this.#at)
    return new MqliftError('input', `${this.#file}:${line}:${column}: expected ${what}, found ${found}`, {
      file: this.#file,
      line,
      column,
      suggestions: [
        statement
          ? 'This is a template with statements: render it first'
          : 'Mend the file there, or export it again',
        'rabbitmqctl export_definitions definitions.json',
      ],
    })
  }
}
