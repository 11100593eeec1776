import {type Loss, NO_TOPIC, type Question} from '../model/plan.ts'
import {word} from '../model/shell.ts'
import type {Flow, Party} from '../model/switching.ts'
import {code, markdown} from './escape.ts'
import type {Book} from './runbook-input.ts'
import {whose} from './runbook-who.ts'

/** Questions of the whole plan: the account, the Region. */
export const planQuestions = ({plan, waves}: Book): Question[] => {
  const owned = new Set(
    waves.flatMap(({flows}) => flows.flatMap(({exchanges, queues}) => [...exchanges, ...queues])),
  )
  return plan.open.filter(({answer, subject}) => answer === null && !owned.has(subject))
}

/** What must be decided before this flow may move, by whom, and with which command. */
export function blockLines(flow: Flow, book: Book): string[] {
  const own = [...flow.exchanges, ...flow.queues]
  const open = book.about.open(own).filter(({answer}) => answer === null)
  const losses = book.about.losses(own)
  const unaccepted = losses.filter(({acceptedBy}) => acceptedBy === null)
  const accepted = losses.filter(({acceptedBy}) => acceptedBy !== null)
  return [
    ...open.map((one) => questionLine(one, book)),
    ...unaccepted.map((loss) => lossLine(loss, flow, book)),
    ...accepted.map(
      ({subject, field, reason, acceptedBy}) =>
        `- Accepted by ${markdown(acceptedBy ?? '')}: ${book.name(subject)} loses ${markdown(field)} (${markdown(reason)}).`,
    ),
    ...staying(flow, book),
    ...(open.length + unaccepted.length === 0 ? ['- Nothing is left to decide for this flow.'] : []),
  ]
}

const questionLine = ({id, subject, question, choices, who}: Question, {name}: Book): string => {
  const allowed = choices.length === 0 ? '' : ` (${choices.map(code).join(', ')})`
  return `- **Blocks**, for ${markdown(who)}: ${name(subject)}: ${markdown(question)}${allowed} ${code(`mqlift plan --answer=${word(id)}=VALUE`)}`
}

/** The people who would notice accept it: those who consume, for lack of them those who publish. */
function lossLine({id, subject, field, reason}: Loss, flow: Flow, {name}: Book): string {
  const who = whose(concerned(subject, flow), 'whoever owns the consumers')
  return `- **Blocks**, to be accepted by ${who}: ${name(subject)} loses ${markdown(field)}: ${markdown(reason)} ${code(`mqlift plan --accept=${word(id)}`)}`
}

/** Those of this very queue or exchange, for lack of them those of the flow. */
function concerned(subject: string, {consumers, producers}: Flow): readonly Party[] {
  const own = [...consumers, ...producers].filter(({touches}) => touches.includes(subject))
  if (own.length > 0) return own
  return consumers.length > 0 ? consumers : producers
}

/** Parts of the flow that the plan leaves at the broker, so that nobody switches them off. */
function staying({exchanges, queues}: Flow, {about, name}: Book): string[] {
  return about
    .notMoved([...exchanges, ...queues])
    .filter(({because}) => because !== NO_TOPIC)
    .map(({subject, because}) => `- Stays at the broker: ${name(subject)}, ${markdown(because)}.`)
}
