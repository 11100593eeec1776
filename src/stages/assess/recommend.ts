import type {Graph} from '../../routing/graph.ts'
import {type Choice, choose, type Chooser, consider, costs} from './choose.ts'
import {couple} from './couple.ts'
import type {Judged} from './judge.ts'
import type {Noticed} from './patterns.ts'
import {type Place, type Places, underEach} from './place.ts'

export interface RecommendInput {
  readonly judged: readonly Judged[]
  readonly graph: Graph
  readonly noticed: ReadonlyMap<string, Noticed>
  readonly messagesPerSecond: number | null
}

/** Every destination under every preference: alone first, then with what it is connected to. */
export function recommend({judged, graph, noticed, messagesPerSecond}: RecommendInput): Places {
  const chooser: Chooser = {
    cost: costs(messagesPerSecond),
    isFed: (id) => graph.bindingsTo(id).length > 0,
  }
  const places = new Map(
    judged.map((each) => {
      const {id} = each.destination
      return [id, alone(each, noticed.get(id), chooser)]
    }),
  )
  couple(places, graph)
  return places
}

function alone(judged: Judged, noticed: Noticed | undefined, chooser: Chooser): Place {
  const considered = consider(judged, chooser)
  const unused = noticed?.retire
  return {
    judged,
    noticed,
    choices: underEach((preference) =>
      unused === undefined ? choose(considered, preference, chooser) : retire(unused, considered.confidence),
    ),
  }
}

const retire = (because: string, confidence: number): Choice => ({
  advice: 'retire',
  score: null,
  confidence,
  because,
  ties: [],
})
