import type {Decisions} from '../model/decisions.ts'
import type {Change, Loss, Move, NotMoved, Question, Step} from '../model/plan.ts'
import type {PlanContext, PlanPart} from './target.ts'

/** A part of a plan while it is being written. Ids are made here, so that an answer finds its question again. */
export interface Draft extends PlanPart {
  readonly context: PlanContext
}

export const newDraft = (context: PlanContext): Draft => ({
  context,
  steps: [],
  moves: [],
  changes: [],
  losses: [],
  questions: [],
  notMoved: [],
  routing: {},
})

export function partOf({steps, moves, changes, losses, questions, notMoved, routing}: Draft): PlanPart {
  return {steps, moves, changes, losses, questions, notMoved, routing}
}

/** `<rule>:<subject>`: stable, accepted once in decisions.yaml. */
export const subjectId = (rule: string, subject: string): string => `${rule}:${subject}`

export const addStep = (draft: Draft, step: Step): void => void draft.steps.push(step)
export const addMove = (draft: Draft, move: Move): void => void draft.moves.push(move)
export const addChange = (draft: Draft, change: Change): void => void draft.changes.push(change)
export const addNotMoved = (draft: Draft, entry: NotMoved): void => void draft.notMoved.push(entry)

/** One loss per rule and subject: a second reason joins the first. */
export function addLoss(draft: Draft, loss: Omit<Loss, 'id' | 'acceptedBy'>): void {
  const id = subjectId(loss.rule, loss.subject)
  const at = draft.losses.findIndex((each) => each.id === id)
  const known = draft.losses[at]
  if (known === undefined) draft.losses.push({id, ...loss, acceptedBy: null})
  else if (!known.reason.split('; ').includes(loss.reason))
    draft.losses[at] = {...known, reason: `${known.reason}; ${loss.reason}`}
}

export interface Asked {
  readonly rule: string
  readonly subject: string
  readonly question: string
  /** Empty = free text. */
  readonly choices: readonly string[]
  readonly who: string
  /** For free text: whether the answer makes sense. */
  readonly accepts?: (answer: string) => boolean
  /** What the estate itself says: nobody has to answer, anybody may. */
  readonly assumed?: string
}

/** Asks, and returns the answer given already: null = still open. An answer that is no choice is no answer. */
export function ask(draft: Draft, asked: Asked): string | null {
  const {rule, subject, question, choices, who, assumed = null} = asked
  const id = subjectId(rule, subject)
  const given = answerTo(draft.context.decisions, id)
  const answer = given !== null && isAnswer(asked, given) ? given : assumed
  const entry: Question = {id, subject, question, choices: [...choices], who, answer}
  if (!draft.questions.some((each) => each.id === id)) draft.questions.push(entry)
  return answer
}

const isAnswer = ({choices, accepts}: Asked, answer: string): boolean =>
  (choices.length === 0 || choices.includes(answer)) && (accepts?.(answer) ?? true)

/** The last answer counts. */
export const answerTo = (decisions: Decisions, id: string): string | null =>
  decisions.findLast((decision) => decision.id === id)?.answer ?? null
