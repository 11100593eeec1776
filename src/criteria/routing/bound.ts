import type {Judgement, Subject} from '../criterion.ts'
import {adapt, lossy} from '../criterion.ts'

/** The first few bindings of an exchange: enough to find the rest. */
export const bindingEvidence = ({graph, destination}: Subject): string[] =>
  graph
    .bindingsFrom(destination.id)
    .slice(0, 3)
    .map((binding) => binding.evidence)

/** Queues that bind at run time are in no export, and would get nothing from a plain queue. */
export const NOTHING_BOUND: Judgement = lossy(
  'no binding was read; queues that bind at run time would get nothing',
  'find out who binds to this exchange at run time',
  {question: 'Does anything bind to this exchange at run time?', who: 'owner of the publishers'},
)

/** One queue takes everything: publishers can send straight to it. */
export const STRAIGHT: Judgement = adapt('one queue gets everything', 'publishers send straight to the queue')
