import type {Client, Inventory} from '../model/inventory.ts'
import type {Flow, Wave} from '../model/switching.ts'
import {Groups} from './groups.ts'

/**
 * Which flows switch in one window, and in which order the windows come: flows that share a named application
 * together, what takes dead letters after what sends them, otherwise the smallest backlog first, so that a team
 * practises on little.
 */
export function wavesOf(flows: readonly Flow[]): Wave[] {
  const groups = new Groups()
  const byClient = Map.groupBy(
    flows.flatMap((flow) => clientsOf(flow).map((client) => ({client, flow}))),
    ({client}) => client,
  )
  const shared = [...byClient].filter(([, uses]) => uses.length > 1)
  for (const [, [first, ...others]] of shared)
    for (const {flow} of others) groups.join(flow.id, first?.flow.id ?? flow.id)
  const byId = new Map(flows.map((flow) => [flow.id, flow]))
  const together = groups
    .of(byId.keys())
    .map((ids) => ids.flatMap((id) => byId.get(id) ?? []))
    .toSorted(smallestFirst)
  return inOrder(together, (id) => groups.root(id)).map((own) => ({
    flows: sendersFirst(own),
    shared: shared.filter(([, uses]) => uses.some(({flow}) => own.includes(flow))).map(([client]) => client),
  }))
}

/** Connections without a name may be anybody's: they join nothing. */
const clientsOf = ({producers, consumers}: Flow): Client[] => [
  ...new Set([...producers, ...consumers].map(({client}) => client).filter(({name}) => name !== '')),
]

const waiting = (flows: readonly Flow[]): number =>
  flows.flatMap(({moves}) => moves).reduce((sum, {expected}) => sum + (expected.messages ?? 0), 0)

function smallestFirst(one: readonly Flow[], other: readonly Flow[]): number {
  const difference = waiting(one) - waiting(other)
  if (difference !== 0) return difference
  return (one[0]?.id ?? '') < (other[0]?.id ?? '') ? -1 : 1
}

/** Each group after those it takes dead letters from; a ring is cut where it is smallest. */
function inOrder(together: readonly Flow[][], rootOf: (id: string) => string): Flow[][] {
  const left = new Map(together.map((flows) => [rootOf(flows[0]?.id ?? ''), flows]))
  const ordered: Flow[][] = []
  while (left.size > 0) {
    const roots = [...left]
    const ready = roots.find(([root, flows]) =>
      flows.every(({after}) => after.every((id) => rootOf(id) === root || !left.has(rootOf(id)))),
    )
    const [root, flows] = ready ?? roots[0] ?? ['', []]
    left.delete(root)
    ordered.push(flows)
  }
  return ordered
}

/** Inside one window, too. */
function sendersFirst(flows: readonly Flow[]): Flow[] {
  return inOrder(
    flows.map((flow) => [flow]),
    (id) => id,
  ).flat()
}

/** Applications that connect without a name, by user: which flows they use cannot be told apart. */
export const unnamed = ({clients}: Pick<Inventory, 'clients'>): Client[] =>
  (clients ?? []).filter(
    ({name, consumes, publishes}) => name === '' && consumes.length + publishes.length > 0,
  )
