import {ask} from '../cli/prompt.ts'
import {MqliftError} from '../errors.ts'
import type {Body} from '../model/artefact.ts'
import {ACCEPT, type Decision, type Decisions} from '../model/decisions.ts'
import type {Loss, Plan, Question} from '../model/plan.ts'
import {appendDecisions, readDecisions} from '../workspace/decisions.ts'
import type {Session} from './session.ts'

interface DecisionFlags {
  readonly accept?: readonly string[] | undefined
  readonly answer?: readonly string[] | undefined
}

/** Writes `--accept` and `--answer` to decisions.yaml and returns everything decided. */
export async function decided(session: Session, flags: DecisionFlags): Promise<Decisions> {
  const accepted = (flags.accept ?? []).map((id) => ({id, answer: ACCEPT}))
  const answered = (flags.answer ?? []).map(parseAnswer)
  await decide(session, [...accepted, ...answered])
  return readDecisions(session.workspace)
}

function parseAnswer(text: string): {id: string; answer: string} {
  // Ids hold no `=`: names in them are percent-encoded. The first one ends the id.
  const at = text.indexOf('=')
  if (at > 0 && at < text.length - 1) return {id: text.slice(0, at), answer: text.slice(at + 1)}
  throw new MqliftError('usage', `--answer ${text} is not of the form id=value`, {
    suggestions: ['--answer <question id>=<answer>', 'the ids are in plan.json under open, and in plan.md'],
  })
}

async function decide(session: Session, made: readonly {id: string; answer: string}[]): Promise<void> {
  const at = new Date(session.now()).toISOString()
  const decisions: Decision[] = made.map(({id, answer}) => ({id, answer, by: session.user, at}))
  await appendDecisions(session.workspace, decisions)
}

/** Refuses an id that the plan does not know: a typo would look like a decision. */
export function checkDecisions(flags: DecisionFlags, plan: Body<Plan>): void {
  const losses = new Set(plan.losses.flatMap(({id, rule}) => [id, rule]))
  const questions = new Map(plan.open.map((question) => [question.id, question]))
  const unknown = (flags.accept ?? []).find((id) => !losses.has(id))
  if (unknown !== undefined) throw noSuch('loss', unknown)
  for (const {id, answer} of (flags.answer ?? []).map(parseAnswer)) {
    const question = questions.get(id)
    if (!question) throw noSuch('question', id)
    if (question.choices.length > 0 && !question.choices.includes(answer)) throw notAllowed(question, answer)
  }
}

const noSuch = (what: string, id: string): MqliftError =>
  new MqliftError('usage', `the plan has no ${what} ${id}`, {
    suggestions: [`the ids are in plan.json under ${what === 'loss' ? 'losses' : 'open'}, and in plan.md`],
  })

const notAllowed = ({id, choices}: Question, answer: string): MqliftError =>
  new MqliftError('usage', `${answer} is no answer to ${id}`, {
    suggestions: [`one of: ${choices.join(', ')}`],
  })

/** Asks the open questions, one after the other, where somebody can answer. True when something was decided. */
export async function askOpen(session: Session, open: readonly Question[]): Promise<boolean> {
  if (!session.talk.interactive || open.length === 0) return false
  for (const {id, question, choices, who} of open) {
    const answer = await ask(session.talk, {
      question: `${question} (${who})`,
      choices: choices.length > 0 ? [...choices, LATER] : [],
      instead: [`--answer ${id}=VALUE`],
    })
    if (answer !== LATER && answer !== '') await decide(session, [{id, answer}])
  }
  return true
}

const LATER = 'decide later'

/** Losses that nobody accepted in decisions.yaml, by loss or by rule. What plan.json says about it does not count. */
export function unaccepted(losses: readonly Loss[], decisions: Decisions): Loss[] {
  const accepted = new Set(decisions.filter(({answer}) => answer === ACCEPT).map(({id}) => id))
  return losses.filter(({id, rule}) => !accepted.has(id) && !accepted.has(rule))
}

/** Questions without an answer in decisions.yaml. */
export function unanswered(open: readonly Question[], decisions: Decisions): Question[] {
  const answered = new Set(decisions.map(({id}) => id))
  return open.filter(({id, answer}) => answer === null && !answered.has(id))
}
