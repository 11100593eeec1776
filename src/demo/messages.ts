import type {Envelope} from '../model/envelope.ts'
import {destinationId} from '../model/id.ts'
import {seeded} from './random.ts'
import {RECIPES, type Recipe} from './recipes.ts'

/** Every tenth message repeats the one before it, byte for byte: two equal orders are two orders. */
const TWIN = 10

/** The messages that wait in one queue, in order. Made on demand: the same index is always the same message. */
export interface Backlog {
  readonly id: string
  readonly messages: number
  readonly at: (index: number) => Envelope
}

/** Streams are kept under `stream:`, queues under `queue:`. */
const kindOf = ({queue}: Recipe): 'queue' | 'stream' => (queue === 'prices.history' ? 'stream' : 'queue')

export const BACKLOGS: readonly Backlog[] = RECIPES.map((recipe) => {
  const id = destinationId(kindOf(recipe), recipe.vhost, recipe.queue)
  return {id, messages: recipe.messages, at: (index) => message(recipe, id, index)}
})

function message(recipe: Recipe, id: string, index: number): Envelope {
  const original = index % TWIN === TWIN - 1 ? index - 1 : index
  const random = seeded(`${id}#${original}`)
  const routingKey = recipe.key(original, random)
  return {
    v: 1,
    source: {id, exchange: recipe.exchange, routingKey},
    ...recipe.make(original, random),
    delivery: {redelivered: false},
  }
}
