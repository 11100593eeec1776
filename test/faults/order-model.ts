/**
 * The small model of reliability.md 2.2: a source with a window, asynchronous acks that can be lost, requeue with a
 * `redelivered` flag; a mover with volatile memory, and a ledger in page cache and on disk; a target whose requests
 * and answers can be lost; crashes that keep the page cache (kill) or drop it (power). All interleavings are walked.
 */
export interface Rules {
  /** What a mover does with one message, in this order. */
  readonly steps: readonly ('claim' | 'send' | 'record' | 'ack')[]
  /** False: the request is forgotten once it is written. */
  readonly confirms: boolean
  readonly fsync: boolean
  /** Which redelivered messages are acked without being sent. */
  readonly skips: 'never' | 'digest' | 'digest-counted' | 'identity' | 'recorded'
  /** FIFO: what the deduplication id is made from. */
  readonly dedup: 'none' | 'content' | 'content-and-count' | 'entry' | 'identity'
}

export interface Scope {
  readonly messages: readonly string[]
  readonly window: number
  readonly crashes: number
  readonly faults: number
  readonly power: boolean
}

export interface Findings {
  readonly loses: boolean
  readonly mostDuplicates: number
  /** A message left the source, and the ledger on disk does not say that it was sent. */
  readonly auditGap: boolean
  readonly states: number
}

interface Message {
  readonly at: 'ready' | 'unacked' | 'gone'
  readonly redelivered: boolean
}

interface Entry {
  /** `<message>.<how many before it>`: the same in every interleaving. */
  readonly key: string
  readonly message: number
  readonly id: string
  readonly state: 'claimed' | 'sent'
  /** From before a crash: its message was given back. */
  readonly old: boolean
  readonly taken: boolean
}

interface Item {
  readonly message: number
  readonly step: number
  /** Of its entry; '' before there is one. */
  readonly key: string
  readonly id: string
}

interface State {
  readonly messages: readonly Message[]
  readonly items: readonly Item[]
  /** Acks on their way. */
  readonly acks: readonly number[]
  readonly cache: readonly Entry[]
  readonly disk: readonly Entry[]
  /** Contents at the target, and the ids it has seen. */
  readonly target: readonly number[]
  readonly seen: readonly string[]
  readonly crashes: number
  readonly faults: number
}

/** Walks every state that can be reached; stops at the first loss. */
export function explore(rules: Rules, scope: Scope): Findings {
  const start: State = {
    messages: scope.messages.map(() => ({at: 'ready', redelivered: false})),
    items: [],
    acks: [],
    cache: [],
    disk: [],
    target: [],
    seen: [],
    crashes: scope.crashes,
    faults: scope.faults,
  }
  const known = new Set([keyOf(start)])
  const open = [start]
  const found = {loses: false, mostDuplicates: 0, auditGap: false}
  for (let state = open.pop(); state && !found.loses; state = open.pop()) {
    judge(state, scope, found)
    for (const next of successors(state, rules, scope)) {
      const key = keyOf(next)
      if (known.has(key)) continue
      known.add(key)
      open.push(next)
    }
  }
  return {...found, states: known.size}
}

const ledgerKey = (entries: readonly Entry[]): string =>
  entries
    .map(({key, id, state, old, taken}) => `${key}${id}${state[0]}${old ? 1 : 0}${taken ? 1 : 0}`)
    .toSorted()
    .join()

/** Short, and the same for states that differ only in an order that does not matter. */
function keyOf(state: State): string {
  return [
    state.messages.map(({at, redelivered}) => `${at[0]}${redelivered ? 1 : 0}`).join(''),
    state.items
      .map(({message, step, key, id}) => `${message}${step}${key}${id}`)
      .toSorted()
      .join(),
    state.acks.toSorted((a, b) => a - b).join(''),
    ledgerKey(state.cache),
    state.disk === state.cache ? 'same' : ledgerKey(state.disk),
    state.target.toSorted((a, b) => a - b).join(''),
    state.seen.toSorted().join(),
    state.crashes,
    state.faults,
  ].join('|')
}

/** Equal messages are interchangeable: what counts is how many of each content there are. */
function judge(
  state: State,
  {messages, power}: Scope,
  found: {-readonly [Key in keyof Omit<Findings, 'states'>]: Findings[Key]},
): void {
  const ledger = power ? state.disk : state.cache
  for (const content of new Set(messages)) {
    const is = (message: number): boolean => messages[message] === content
    const all = messages.filter((one) => one === content).length
    const gone = state.messages.filter(({at}, message) => at === 'gone' && is(message)).length
    const there = state.target.filter(is).length
    if (there + all - gone < all) found.loses = true
    if (gone > ledger.filter((entry) => entry.state === 'sent' && is(entry.message)).length)
      found.auditGap = true
  }
  const over = state.items.length === 0 && state.messages.every(({at}) => at === 'gone')
  if (over) found.mostDuplicates = Math.max(found.mostDuplicates, state.target.length - messages.length)
}

function successors(state: State, rules: Rules, scope: Scope): State[] {
  return [
    ...deliver(state, rules, scope),
    ...state.items.flatMap((item) => advance(state, item, rules, scope)),
    ...state.acks.map((message) => applyAck(state, message)),
    ...(state.crashes > 0 ? crash(state, scope) : []),
    // Without fsync the page cache goes to the disk when it likes.
    ...(rules.fsync || state.disk === state.cache ? [] : [{...state, disk: state.cache}]),
  ]
}

function deliver(state: State, rules: Rules, scope: Scope): State[] {
  const unacked = state.messages.filter(({at}) => at === 'unacked').length
  const message = state.messages.findIndex(({at}) => at === 'ready')
  if (message < 0 || unacked >= scope.window) return []
  const messages = state.messages.map((one, index) =>
    index === message ? {...one, at: 'unacked' as const} : one,
  )
  const skipped = state.messages[message]?.redelivered === true && maySkip(state, message, rules, scope)
  const step = skipped ? rules.steps.indexOf('ack') : 0
  return [{...state, messages, items: [...state.items, {message, step, key: '', id: ''}]}]
}

const SKIPS: Record<Rules['skips'], (sent: readonly Entry[], message: number, held: number) => boolean> = {
  never: () => false,
  digest: (sent) => sent.length > 0,
  recorded: (sent) => sent.length > 0,
  // As many copies as were sent and are not in our hands.
  'digest-counted': (sent, _, held) => sent.length > held,
  identity: (sent, message) => sent.some((entry) => entry.message === message),
}

function maySkip(state: State, message: number, {skips}: Rules, {messages}: Scope): boolean {
  const same = (other: number): boolean => messages[other] === messages[message]
  const sent = state.cache.filter((entry) => entry.state === 'sent' && same(entry.message))
  return SKIPS[skips](sent, message, state.items.filter((item) => same(item.message)).length)
}

function advance(state: State, item: Item, rules: Rules, scope: Scope): State[] {
  const others = state.items.filter((one) => one !== item)
  const last = item.step + 1 === rules.steps.length
  const onward = (changed: Partial<Item> = {}): Item[] =>
    last ? others : [...others, {...item, step: item.step + 1, ...changed}]
  const written = (cache: Entry[], items: Item[]): State[] => [
    {...state, cache, disk: rules.fsync ? cache : state.disk, items},
  ]
  const step = rules.steps[item.step]
  if (step === 'send') return send(state, item, rules, scope)
  if (step === 'ack') return [{...state, acks: [...state.acks, item.message], items: onward()}]
  if (step === 'record') return written(recorded(state, item), onward())
  return claims(state, item.message, rules, scope).flatMap(({entry, cache}) =>
    written(cache, onward({id: entry.id, key: entry.key})),
  )
}

/** A redelivered copy takes over the id of any unresolved entry with its content: whichever it is, it must be safe. */
function claims(
  state: State,
  message: number,
  rules: Rules,
  {messages}: Scope,
): {entry: Entry; cache: Entry[]}[] {
  const key = keyFor(state, message)
  const takes = rules.dedup === 'entry' && state.messages[message]?.redelivered === true
  const free = state.cache.filter(
    (entry) =>
      entry.old && entry.state === 'claimed' && !entry.taken && messages[entry.message] === messages[message],
  )
  const choices = takes && free.length > 0 ? free : [undefined]
  return choices.map((taken) => {
    const before = state.cache.map((entry) => (entry === taken ? {...entry, taken: true} : entry))
    const entry: Entry = {key, message, id: taken?.id ?? key, state: 'claimed', old: false, taken: false}
    return {entry, cache: [...before, entry]}
  })
}

const keyFor = (state: State, message: number): string =>
  `${message}.${state.cache.filter((entry) => entry.message === message).length}`

function recorded(state: State, {message, key, id}: Item): Entry[] {
  if (key !== '') return state.cache.map((one) => (one.key === key ? {...one, state: 'sent'} : one))
  return [...state.cache, {key: keyFor(state, message), message, id, state: 'sent', old: false, taken: false}]
}

/** Arrives and is confirmed; or, with a fault: never arrives, or arrives and the answer is lost. */
function send(state: State, item: Item, rules: Rules, scope: Scope): State[] {
  const {confirms} = rules
  const others = state.items.filter((one) => one !== item)
  const done = item.step + 1 < rules.steps.length ? [...others, {...item, step: item.step + 1}] : others
  const arrived = store(state, item, rules, scope)
  const again = confirms ? state.items : done
  return [
    {...arrived, items: done},
    ...(state.faults > 0 ? [{...state, items: again, faults: state.faults - 1}] : []),
    ...(state.faults > 0 ? [{...arrived, items: again, faults: state.faults - 1}] : []),
  ]
}

function store(state: State, item: Item, {dedup}: Rules, {messages}: Scope): State {
  const {message} = item
  if (dedup === 'none') return {...state, target: [...state.target, message]}
  const confirmed = state.cache.filter(
    (entry) => entry.state === 'sent' && messages[entry.message] === messages[message],
  ).length
  const ids: Record<Exclude<Rules['dedup'], 'none'>, string> = {
    content: messages[message] ?? '',
    'content-and-count': `${messages[message]} ${confirmed}`,
    entry: item.id,
    identity: String(message),
  }
  const id = ids[dedup]
  if (state.seen.includes(id)) return state
  return {...state, target: [...state.target, message], seen: [...state.seen, id]}
}

function applyAck(state: State, message: number): State {
  return {
    ...state,
    acks: state.acks.filter((one) => one !== message),
    messages: state.messages.map((one, index) => (index === message ? {...one, at: 'gone'} : one)),
  }
}

function crash(state: State, {power}: Scope): State[] {
  const after = (ledger: readonly Entry[]): State => {
    const cache = ledger.map((entry) => ({...entry, old: true}))
    return {
      ...state,
      items: [],
      acks: [],
      cache,
      disk: cache,
      crashes: state.crashes - 1,
      messages: state.messages.map((one) => (one.at === 'unacked' ? {at: 'ready', redelivered: true} : one)),
    }
  }
  return power ? [after(state.disk)] : [after(state.cache)]
}
