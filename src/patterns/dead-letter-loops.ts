import type {Graph} from '../routing/graph.ts'
import {waitingRoom} from '../routing/waiting-room.ts'

/**
 * Groups of queues whose dead letters come back to them: the strongly connected components of "dead-letters into"
 * (Tarjan, with a stack of our own: a chain of ten thousand queues must not overflow the call stack).
 */
export function deadLetterLoops(graph: Graph): string[][] {
  const next = new Map<string, readonly string[]>()
  for (const [id, {kind}] of graph.destinations) {
    const queues = kind === 'queue' ? (graph.deadLetterQueues(id) ?? []) : []
    if (queues.length > 0) next.set(id, queues)
  }
  const state: Search = {next, index: new Map(), low: new Map(), stack: [], onStack: new Set(), loops: []}
  for (const id of next.keys()) if (!state.index.has(id)) search(id, state)
  return state.loops
}

interface Search {
  readonly next: ReadonlyMap<string, readonly string[]>
  readonly index: Map<string, number>
  readonly low: Map<string, number>
  readonly stack: string[]
  readonly onStack: Set<string>
  readonly loops: string[][]
}

function search(root: string, state: Search): void {
  const work = [{id: root, edge: 0}]
  enter(root, state)
  for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
    const to = state.next.get(frame.id)?.[frame.edge++]
    if (to === undefined) {
      work.pop()
      const parent = work.at(-1)
      if (parent !== undefined) lower(parent.id, lowOf(frame.id, state), state)
      leave(frame.id, state)
    } else if (!state.index.has(to)) {
      enter(to, state)
      work.push({id: to, edge: 0})
    } else if (state.onStack.has(to)) lower(frame.id, state.index.get(to) ?? 0, state)
  }
}

const lowOf = (id: string, {low}: Search): number => low.get(id) ?? 0

function enter(id: string, {index, low, stack, onStack}: Search): void {
  index.set(id, index.size)
  low.set(id, index.size - 1)
  stack.push(id)
  onStack.add(id)
}

const lower = (id: string, to: number, state: Search): void =>
  void state.low.set(id, Math.min(lowOf(id, state), to))

function leave(id: string, state: Search): void {
  if (lowOf(id, state) !== state.index.get(id)) return
  const members: string[] = []
  for (let last = ''; last !== id;) {
    last = state.stack.pop() ?? id
    state.onStack.delete(last)
    members.push(last)
  }
  const loopsToItself = state.next.get(id)?.includes(id) === true
  if (members.length > 1 || loopsToItself) state.loops.push(members.toSorted())
}

/** Something in the loop waits: a time to live turns going round in circles into trying again later. */
export const waits = (graph: Graph, loop: readonly string[]): boolean =>
  loop.some((id) => typeof waitingRoom(graph, id, undefined)?.waits === 'number')
