import {ask} from '../cli/prompt.ts'
import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import {ACCEPT, type Decision, type Decisions} from '../model/decisions.ts'
import type {Loss, Plan, Question} from '../model/plan.ts'
import {appendDecisions} from '../workspace/decisions.ts'
import type {Session} from './session.ts'

export interface DecisionFlags {
  readonly accept?: readonly string[] | undefined
  readonly answer?: readonly string[] | undefined
}

interface Made {
  readonly id: string
  readonly answer: string
}

/** Writes `--accept` and `--answer` to decisions.yaml. */
export async function decide(session: Session, {accept = [], answer = []}: DecisionFlags): Promise<void> {
  const accepted = accept.map((id) => ({id, answer: ACCEPT}))
  await write(session, [...accepted, ...answer.map(parseAnswer)])
}

async function write(session: Session, made: readonly Made[]): Promise<void> {
  const at = new Date(session.now()).toISOString()
  const decisions: Decision[] = made.map(({id, answer}) => ({id, answer, by: session.user, at}))
  await appendDecisions(session.workspace, decisions)
}

function parseAnswer(text: string): Made {
  // Ids hold no `=`: names in them are percent-encoded. The first one ends the id.
  const at = text.indexOf('=')
  if (at > 0 && at < text.length - 1) return {id: text.slice(0, at), answer: text.slice(at + 1)}
  throw new MqliftError('usage', `--answer ${text} is not of the form id=value`, {
    suggestions: ['--answer <question id>=<answer>', 'the ids are in plan.json under open, and in plan.md'],
  })
}

/** Refuses what the plan does not ask: a typo would look like a decision. */
export function checkDecisions({talk}: Session, flags: DecisionFlags, plan: Body<Plan>): void {
  const {accept = [], answer = []} = flags
  const questions = new Map(plan.open.map((question) => [question.id, question]))
  for (const made of answer.map(parseAnswer)) checkAnswer(questions.get(made.id), made)
  const losses = new Set(plan.losses.flatMap(({id, rule}) => [id, rule]))
  // Some losses show only when a message is encoded, so an unknown id may be right.
  for (const id of accept.filter((each) => !losses.has(each))) {
    talk.warn(`the plan has no loss ${id}; accepted for messages that turn out to need it`)
  }
}

function checkAnswer(question: Question | undefined, {id, answer}: Made): void {
  if (!question) {
    throw new MqliftError('usage', `the plan does not ask ${id}`, {
      suggestions: ['the ids are in plan.json under open, and in plan.md'],
    })
  }
  const {choices} = question
  if (choices.length === 0 || choices.includes(answer)) return
  throw new MqliftError('usage', `${answer} is no answer to ${id}`, {
    suggestions: [`one of: ${choices.join(', ')}`],
  })
}

const LATER = 'decide later'

/** Asks what is open, one question after the other, where somebody can answer. */
export async function askOpen(session: Session, open: readonly Question[]): Promise<void> {
  if (!session.talk.interactive) return
  for (const {id, question, choices, who} of open.filter(({answer}) => answer === null)) {
    const answer = await ask(session.talk, {
      question: `${question} (${who})`,
      choices: choices.length > 0 ? [...choices, LATER] : [],
      instead: [`--answer ${id}=VALUE`],
    })
    if (answer !== LATER && answer !== '') await write(session, [{id, answer}])
  }
}

/** Asks about losses nobody accepted, rule by rule. Each is accepted by its own id: a later one is asked again. */
export async function askLosses(session: Session, losses: readonly Loss[]): Promise<void> {
  if (!session.talk.interactive) return
  const open = losses.filter(({acceptedBy}) => acceptedBy === null)
  for (const [rule, same] of Map.groupBy(open, ({rule: id}) => id)) {
    const [first] = same
    if (!first) continue
    const others = same.length > 1 ? `, and ${same.length - 1} more` : ''
    const answer = await ask(session.talk, {
      question: `${rule}: ${first.subject} would lose ${first.field}: ${first.reason}${others}`,
      choices: [LATER, ACCEPT],
      instead: [`--accept ${rule}`],
    })
    if (answer === ACCEPT)
      await write(
        session,
        same.map(({id}) => ({id, answer: ACCEPT})),
      )
  }
}

/**
 * The plan with losses accepted as decisions.yaml says now. What plan.json says about it is for readers: an edited
 * file accepts nothing.
 */
export function withAcceptances<P extends Pick<Body<Plan>, 'losses'>>(plan: P, decisions: Decisions): P {
  const by = new Map(decisions.filter(({answer}) => answer === ACCEPT).map((made) => [made.id, made.by]))
  const losses = plan.losses.map((loss) => ({
    ...loss,
    acceptedBy: by.get(loss.id) ?? by.get(loss.rule) ?? null,
  }))
  return {...plan, losses}
}

/** Ids that somebody accepted: losses, or rules. */
export const acceptedIds = (decisions: Decisions): ReadonlySet<string> =>
  new Set(decisions.filter(({answer}) => answer === ACCEPT).map(({id}) => id))
