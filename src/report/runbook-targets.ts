import type {Move} from '../model/plan.ts'
import type {Flow} from '../model/switching.ts'
import {code, markdown} from './escape.ts'
import type {Book} from './runbook-input.ts'
import {count} from './words.ts'

const MOST = 5

/** Where each target is: its address once it is made, its name before. */
export function addresses(moves: readonly Move[], {steps, deployment}: Book): string {
  const made = new Map(deployment?.resources.map(({step, address}) => [step, address]))
  const all = [...new Set(moves.map(({target}) => target))].map((target) =>
    code(made.get(target) ?? steps.get(target)?.name ?? target),
  )
  return all.length > MOST
    ? `${all.slice(0, MOST).join(', ')} and ${count(all.length - MOST)} more`
    : all.join(', ')
}

export function pollingExpected(moves: readonly Move[]): string {
  const sqs = moves.some(({platform}) => platform.startsWith('sqs-'))
  const broker = moves.some(({platform}) => platform.startsWith('amazon-mq-'))
  const said = [
    ...(sqs
      ? [
          'a number above 0 for every queue, not `None`: somebody polls it (a long poll counts after 20 s, CloudWatch tells minutes later)',
        ]
      : []),
    ...(broker ? ['at least one consumer at every queue of the new broker'] : []),
  ]
  return `${said.join('; ')}.`
}

/** What people on one side have to do differently, as the plan says it; names are said elsewhere. */
export function changesFor(ids: readonly string[], {about, name}: Book, field?: 'publishers'): string[] {
  const own = about
    .changes(ids)
    .filter((change) => (field === undefined ? change.field !== 'name' : change.field === field))
  const more = own.length > MOST_CHANGES ? [`${count(own.length - MOST_CHANGES)} more are in plan.md.`] : []
  return [
    ...own
      .slice(0, MOST_CHANGES)
      .map(
        ({subject, field: what, from, to}) =>
          `${name(subject)}, ${markdown(what)}: ${markdown(from)} → ${markdown(to)}`,
      ),
    ...more,
  ]
}

const MOST_CHANGES = 20

/** Filter policies take up to 15 minutes to apply (AWS, read 2026-11-22). */
export function readyNote({exchanges}: Flow, {about, deployment}: Book): string[] {
  const own = about.steps(exchanges).filter((step) => step.do === 'sns-subscription')
  if (own.length === 0) return []
  const ready = deployment?.resources
    .filter(({step}) => own.some(({id}) => id === step))
    .map(({readyAt}) => readyAt)
    .toSorted()
    .at(-1)
  return [
    ready === undefined
      ? 'Not before 15 minutes after the filter policies were made: AWS needs that long to apply them.'
      : `Not before ${code(ready)}: until then AWS may not apply the filter policies.`,
  ]
}
