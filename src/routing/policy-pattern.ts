import {once} from 'node:events'
import {extname} from 'node:path'
import {Worker} from 'node:worker_threads'

import {RE2JS} from 're2js'

import {onlyByte} from './byte-set.ts'
import {InvalidPattern, type Node, type Sequence, UnsupportedPattern} from './pattern-node.ts'
import {isRegular, print} from './pattern-print.ts'
import {parsePattern} from './pattern-syntax.ts'

/**
 * Policy patterns are the broker's, so they are hostile input (SEC-36): they run on a linear-time engine, or in a
 * worker that is killed after 100 ms, or not at all.
 */
export type Compiled =
  | {readonly by: 'linear'; matches(bytes: string): boolean; readonly cost: number}
  | {readonly by: 'worker'; readonly source: string}
  | {readonly by: 'nothing'; readonly problem: 'invalid' | 'unsupported'; readonly why: string}

export type Matched =
  | {readonly evaluated: true; readonly names: ReadonlySet<string>}
  /** `invalid`: no broker accepts it. Otherwise nobody here knows what it matches. */
  | {
      readonly evaluated: false
      readonly problem: 'invalid' | 'unsupported' | 'too-slow'
      readonly why: string
    }

const DEADLINE_MS = 100
/** Steps of the linear engine, about 2 s of them here: pattern size × bytes of all names. */
const MOST_STEPS = 100_000_000

/** UTF-8 bytes as one character each, which is what RabbitMQ's regular expressions see. */
export const asBytes = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')

export function compilePattern(pattern: string): Compiled {
  try {
    return compileOptions(parsePattern(asBytes(pattern)))
  } catch (error) {
    if (error instanceof InvalidPattern) return {by: 'nothing', problem: 'invalid', why: error.message}
    if (error instanceof UnsupportedPattern)
      return {by: 'nothing', problem: 'unsupported', why: error.message}
    throw error
  }
}

/** Which of the names each pattern matches. Every pattern has its own deadline; the others are not affected. */
export async function matchPatterns(
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<ReadonlyMap<string, Matched>> {
  const results = new Map<string, Matched>()
  await using workers = new PatternWorkers()
  for (const [pattern, names] of wanted) results.set(pattern, await match(pattern, [...names], workers))
  return results
}

interface Subject {
  readonly vhost: string
  readonly name: string
}

/** Which names each policy's pattern matches: every one is run against what lives in the virtual hosts of its policies. */
export function matchPolicies(
  policies: readonly {readonly vhost: string; readonly pattern: string}[],
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, Matched>> {
  const names = Map.groupBy(subjects, ({vhost}) => vhost)
  const wanted = new Map<string, Set<string>>()
  for (const {pattern, vhost} of policies) {
    const set = wanted.get(pattern) ?? new Set()
    for (const {name} of names.get(vhost) ?? []) set.add(name)
    wanted.set(pattern, set)
  }
  return matchPatterns(wanted)
}

async function match(pattern: string, names: readonly string[], workers: PatternWorkers): Promise<Matched> {
  const compiled = compilePattern(pattern)
  if (compiled.by === 'nothing') return {evaluated: false, problem: compiled.problem, why: compiled.why}
  if (compiled.by === 'worker') {
    const answers = await workers.run(compiled.source, names.map(asBytes))
    if (!answers) return {evaluated: false, problem: 'too-slow', why: `took longer than ${DEADLINE_MS} ms`}
    return {evaluated: true, names: new Set(names.filter((_, index) => answers[index]))}
  }
  const bytes = names.reduce((sum, name) => sum + name.length + 1, 0)
  if (bytes * compiled.cost > MOST_STEPS)
    return {evaluated: false, problem: 'too-slow', why: 'too large for this many names'}
  return {evaluated: true, names: new Set(names.filter((name) => compiled.matches(asBytes(name))))}
}

function compileOptions(options: readonly Sequence[]): Compiled {
  const only = options.length === 1 ? options[0] : undefined
  const simple = only && (forLiteral(trimmed(only)) ?? forLeadingNot(only))
  if (simple) return simple
  if (isRegular(options)) {
    const source = print(options, '(?:\\n?\\z)')
    const cost = linearCost(source)
    // RE2 refuses repetitions above 1,000; JavaScript takes them.
    if (cost !== undefined) {
      const engine = RE2JS.compile(source)
      return {by: 'linear', cost, matches: (bytes) => engine.matcher(bytes).find()}
    }
  }
  return {by: 'worker', source: print(options, '(?=\\n?(?![\\s\\S]))')}
}

function linearCost(source: string): number | undefined {
  try {
    return RE2JS.compile(source).programSize()
  } catch {
    return undefined
  }
}

/** Most patterns are `^prefix\.` or `.*`: no engine needed. */
function forLiteral(sequence: Sequence): Compiled | undefined {
  const starts = sequence[0]?.is === 'start'
  const ends = sequence.at(-1)?.is === 'end'
  const middle = sequence.slice(starts ? 1 : 0, ends ? -1 : undefined)
  const text = literalText(middle)
  if (text === undefined) return undefined
  const tests: Record<string, (bytes: string) => boolean> = {
    'true true': (bytes) => bytes === text || bytes === `${text}\n`,
    'true false': (bytes) => bytes.startsWith(text),
    'false true': (bytes) => bytes.endsWith(text) || bytes.endsWith(`${text}\n`),
    'false false': (bytes) => bytes.includes(text),
  }
  const matches = tests[`${starts} ${ends}`]
  return matches && {by: 'linear', cost: 1, matches}
}

/** `^(?!amq\.).*`, the textbook policy: RE2 has no look-ahead, so a leading one over literals is done by hand. */
function forLeadingNot(sequence: Sequence): Compiled | undefined {
  const [start, guard, ...rest] = sequence
  if (start?.is !== 'start' || guard?.is !== 'group' || guard.kind !== 'not-ahead') return undefined
  const prefixes = literals(guard.options)
  const after = compileOptions([[start, ...rest]])
  if (!prefixes || after.by !== 'linear') return undefined
  return {
    by: 'linear',
    cost: after.cost + prefixes.length,
    matches: (bytes) => !prefixes.some((prefix) => bytes.startsWith(prefix)) && after.matches(bytes),
  }
}

function literals(options: readonly Sequence[]): string[] | undefined {
  const texts: string[] = []
  for (const option of options) {
    const [first] = option
    const inner =
      option.length === 1 && first?.is === 'group' && (first.kind === 'plain' || first.kind === 'capture')
        ? literals(first.options)
        : wrapped(literalText(option))
    if (!inner) return undefined
    texts.push(...inner)
  }
  return texts
}

const wrapped = (text: string | undefined): string[] | undefined => (text === undefined ? undefined : [text])

function literalText(sequence: Sequence): string | undefined {
  let text = ''
  for (const node of sequence) {
    const byte = node.is === 'set' ? onlyByte(node.set) : undefined
    if (byte === undefined) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

/** Unanchored matching makes a `.*` at an open end say nothing. */
function trimmed(sequence: Sequence): Sequence {
  let [from, to] = [0, sequence.length]
  while (to > from && isAnything(sequence[to - 1])) to--
  while (from < to && isAnything(sequence[from])) from++
  return sequence.slice(from, to)
}

const isAnything = (node: Node | undefined): boolean =>
  node?.is === 'repeat' && node.min === 0 && node.node.is === 'set' && node.mode !== '+'

/** One worker at a time, started when first needed and replaced when it had to be killed. */
class PatternWorkers implements AsyncDisposable {
  #worker: Worker | undefined

  async run(source: string, names: readonly string[]): Promise<readonly boolean[] | undefined> {
    const worker = (this.#worker ??= await startWorker())
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    worker.postMessage({source, names})
    const timer = new AbortController()
    const late = setTimeout(() => timer.abort(), DEADLINE_MS)
    try {
      const message: readonly unknown[] = await once(worker, 'message', {signal: timer.signal})
      const answers = message[0]
      return Array.isArray(answers) ? answers.map(Boolean) : undefined
    } catch {
      await this[Symbol.asyncDispose]()
      return undefined
    } finally {
      clearTimeout(late)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
  }
}

async function startWorker(): Promise<Worker> {
  // The sources run as .ts, the package as .js.
  const worker = new Worker(new URL(`./pattern-worker${extname(import.meta.url)}`, import.meta.url))
  await once(worker, 'message')
  return worker
}
