import {createHash} from 'node:crypto'

/**
 * Target names (docs/planning.md). Unchanged when legal; cleaned otherwise; a hash only where cleaning or cutting
 * would give two sources one name. They depend on the sources alone, not on their order, and a plan pins them.
 */
export interface NameRequest {
  /** Source id, or source id + `#…` for a resource that the plan adds. */
  readonly id: string
  readonly vhost: string
  readonly name: string
  /** Names are unique within one of these. */
  readonly space: 'queue' | 'topic'
  readonly fifo: boolean
}

export interface NameRules {
  readonly prefix: string
  /** Id or `vhost/name` → target name, from mqlift.yaml. `.fifo` may be left out. */
  readonly overrides: Readonly<Record<string, string>>
  /** Of the earlier plan, by id: kept as they are, whatever has changed since. */
  readonly pinned: Readonly<Record<string, string>>
}

export interface NameProblem {
  readonly id: string
  readonly because: string
}

export interface Names {
  readonly names: Readonly<Record<string, string>>
  readonly problems: readonly NameProblem[]
}

/** `.fifo` included (AWS SQS quotas and SNS CreateTopic, read 2026-11-22). */
const MAX_LENGTH = {queue: 80, topic: 256} as const
const FIFO = '.fifo'
/** Leaves room for a readable part and a hash in 80 characters. */
const MAX_PREFIX = 40
/** 8 characters of base32 are 40 bits. */
const HASH = 8

export function chooseNames(requests: readonly NameRequest[], rules: NameRules): Names {
  const problems: NameProblem[] = []
  const names: Record<string, string> = {}
  const sorted = requests.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const manyVhosts = new Set(requests.map(({vhost}) => vhost)).size > 1
  if (rules.prefix.length > MAX_PREFIX)
    problems.push({id: 'prefix', because: `${rules.prefix} is longer than ${MAX_PREFIX} characters`})
  for (const space of ['queue', 'topic'] as const) {
    const ofSpace = sorted.filter((request) => request.space === space)
    Object.assign(names, Object.fromEntries(chooseIn(ofSpace, {...rules, manyVhosts}, problems)))
  }
  return {names, problems}
}

interface Rules extends NameRules {
  /** Names of different virtual hosts meet in one account: those of `/` stay, the others get theirs in front. */
  readonly manyVhosts: boolean
}

/** Names given so far, by id, and the names that are gone. */
interface Choice {
  readonly chosen: Map<string, string>
  readonly taken: Set<string>
}

function take({chosen, taken}: Choice, {id}: NameRequest, name: string): void {
  chosen.set(id, name)
  taken.add(name)
}

function chooseIn(
  requests: readonly NameRequest[],
  rules: Rules,
  problems: NameProblem[],
): ReadonlyMap<string, string> {
  const choice: Choice = {chosen: new Map(), taken: new Set()}
  const open = (): NameRequest[] => requests.filter(({id}) => !choice.chosen.has(id))
  takeOverrides(requests, rules, choice, problems)
  for (const request of open()) {
    const name = pinnedName(request, rules)
    if (name !== null && !choice.taken.has(name)) take(choice, request, name)
  }
  // Names that stay as they are come first: a generated name must never take one.
  takeUncontested(open(), (request) => unchangedName(request, rules), choice)
  takeUncontested(open(), (request) => cleanedName(request, rules), choice)
  for (const request of open()) take(choice, request, hashedName(request, rules, choice.taken))
  return choice.chosen
}

/** A name that two sources would get goes to neither: which came first must not matter. */
function takeUncontested(
  requests: readonly NameRequest[],
  nameFor: (request: NameRequest) => string | null,
  choice: Choice,
): void {
  for (const [name, [only, ...others]] of Map.groupBy(requests, nameFor)) {
    if (name === null || only === undefined || others.length > 0 || choice.taken.has(name)) continue
    take(choice, only, name)
  }
}

function takeOverrides(
  requests: readonly NameRequest[],
  rules: Rules,
  choice: Choice,
  problems: NameProblem[],
): void {
  for (const request of requests) {
    const wanted = overrideOf(request, rules)
    if (wanted === undefined) continue
    const name = request.fifo && !wanted.endsWith(FIFO) ? wanted + FIFO : wanted
    if (!isLegal(request, name)) problems.push({id: request.id, because: `${wanted} is not a legal name`})
    else if (choice.taken.has(name))
      problems.push({id: request.id, because: `${name} is given to another source too`})
    else take(choice, request, name)
  }
}

function overrideOf({id, vhost, name}: NameRequest, {overrides}: NameRules): string | undefined {
  if (Object.hasOwn(overrides, id)) return overrides[id]
  // `vhost/name` means the source itself, not what the plan adds beside it.
  const key = id.includes('#') ? '' : `${vhost}/${name}`
  return Object.hasOwn(overrides, key) ? overrides[key] : undefined
}

/** A name of another kind (the queue became FIFO) cannot be kept. */
function pinnedName(request: NameRequest, {pinned}: NameRules): string | null {
  const name = Object.hasOwn(pinned, request.id) ? pinned[request.id] : undefined
  return name !== undefined && isLegal(request, name) ? name : null
}

const isLegal = ({space, fifo}: NameRequest, name: string): boolean =>
  name.length <= MAX_LENGTH[space] && (fifo ? /^[A-Za-z0-9_-]+\.fifo$/ : /^[A-Za-z0-9_-]+$/).test(name)

/** `.fifo` is the target's business: a source that is called so keeps one, not two. */
const stem = ({name, fifo}: NameRequest): string =>
  fifo && name.endsWith(FIFO) ? name.slice(0, -FIFO.length) : name

/** In the default virtual host, or when all sources share one. */
function unchangedName(request: NameRequest, rules: Rules): string | null {
  if (rules.manyVhosts && request.vhost !== '/') return null
  return fitting(request, rules, stem(request))
}

/** With prefix and suffix; null when that is not legal. */
function fitting(request: NameRequest, {prefix}: NameRules, base: string): string | null {
  const name = `${prefix}${base}${request.fifo ? FIFO : ''}`
  return base !== '' && isLegal(request, name) ? name : null
}

/** Null when nothing of the name is left: two such names would differ by nothing. */
const cleanedName = (request: NameRequest, rules: Rules): string | null =>
  clean(stem(request)) === '' ? null : fitting(request, rules, cleanName(request, rules))

/** Everything that AWS does not take becomes `-`. Nothing is transliterated: the hash decides, not a guess. */
function cleanName(request: NameRequest, {manyVhosts}: Rules): string {
  const own = clean(stem(request))
  const vhost = manyVhosts && request.vhost !== '/' ? clean(request.vhost) : ''
  return [vhost, own || FALLBACK[request.space]].filter((part) => part !== '').join('-')
}

/** For names of nothing but foreign letters. */
const FALLBACK = {queue: 'q', topic: 't'} as const

const clean = (text: string): string => text.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '')

function hashedName(request: NameRequest, rules: Rules, taken: ReadonlySet<string>): string {
  // What the plan adds beside a source shares its name, so its id decides.
  const own = request.id.includes('#') ? request.id : request.name
  const hash = base32(createHash('sha256').update(`${request.vhost}\0${own}`).digest())
  const suffix = request.fifo ? FIFO : ''
  const readable = cleanName(request, rules)
  for (let length = HASH; length <= hash.length; length += HASH) {
    const room = MAX_LENGTH[request.space] - rules.prefix.length - suffix.length - length - 1
    const base = readable.slice(0, Math.max(0, room)).replace(/-+$/, '')
    const name = `${rules.prefix}${base}-${hash.slice(0, length)}${suffix}`
    if (!taken.has(name)) return name
  }
  throw new RangeError(`no free name for ${request.id}`)
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

function base32(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('')
}
