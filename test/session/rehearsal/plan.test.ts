import {expect, test} from 'vitest'

import type {Move, Step} from '../../../src/model/plan.ts'
import {isScratch, scratchPrefix} from '../../../src/model/scratch.ts'
import {type Scratching, scratchPlan} from '../../../src/session/rehearsal/plan.ts'
import {bind, exchange, inventory, queue} from '../../routing/estate.ts'
import {planned} from '../../stages/planned.ts'

const prefix = scratchPrefix('11223344')
const estate = inventory(
  [
    queue('work', {deadLetterExchange: 'dlx', deliveryLimit: 3}),
    queue('dead'),
    queue('other'),
    queue('x'.repeat(100)),
    exchange('dlx', 'fanout'),
    exchange('shop', 'topic'),
  ],
  [bind('dlx', 'dead'), bind('shop', 'work', 'a.#')],
)
const plan = planned(estate)
const anew = planned(estate, {config: {prefix}})
const sqs: Scratching = {step: () => undefined, knows: (platform) => platform.startsWith('sqs-')}

const chosen = (...sources: string[]) =>
  plan.moves
    .filter(({source}) => sources.some((name) => source === `queue:%2F/${name}`))
    .map((move: Move) => ({move, copies: 1}))

test('the targets of the chosen moves under scratch names, with what they need and nothing else', () => {
  const {plan: scratch, notRehearsed} = scratchPlan({plan, anew, prefix}, chosen('work'), sqs)
  expect(notRehearsed).toEqual([])
  expect(scratch.moves).toMatchObject([{source: 'queue:%2F/work', target: `sqs-queue:${prefix}work`}])
  expect(scratch.steps.map(({name}) => name)).toEqual([`${prefix}dead`, `${prefix}work`])
  expect(scratch.account).toBe(plan.account)
})

test('a long name is cut, and can still be told', () => {
  const {plan: scratch} = scratchPlan({plan, anew, prefix}, chosen('x'.repeat(100)), sqs)
  const names = scratch.steps.map(({name}) => name)
  expect(names.every((name) => isScratch(name) && name.length <= 80)).toBe(true)
})

test('a platform that cannot empty and remove its targets takes no part', () => {
  const {plan: scratch, notRehearsed} = scratchPlan({plan, anew, prefix}, chosen('other'), {
    ...sqs,
    knows: () => false,
  })
  expect(scratch.moves).toEqual([])
  expect(scratch.steps).toEqual([])
  expect(notRehearsed).toMatchObject([{source: 'queue:%2F/other'}])
})

test('a folder may know a scratch target of its own', () => {
  const own = (step: Step): Step => ({...step, id: `own:${prefix}q`, name: `${prefix}q`, needs: []})
  const {plan: scratch} = scratchPlan({plan, anew, prefix}, chosen('work'), {...sqs, step: own})
  expect(scratch.steps.map(({id}) => id)).toEqual([`own:${prefix}q`])
  expect(scratch.moves.map(({target}) => target)).toEqual([`own:${prefix}q`])
})

test('a plan that somebody edited is refused', () => {
  const [move] = chosen('work')
  if (!move) throw new Error('no move')
  const edited = {...move, move: {...move.move, order: 'strict' as const}}
  expect(() => scratchPlan({plan, anew, prefix}, [edited], sqs)).toThrow(
    /in another way than mqlift plan would now/,
  )
})
