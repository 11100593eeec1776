import type {Planning} from './planning.ts'
import {lose, objectId, say} from './planning.ts'
import type {Dropped} from './policy-keys.ts'
import type {Ruling} from './policy-variants.ts'
import {shown} from './queue-arguments.ts'
import type {DefinedPolicy} from './steps.ts'

interface Made {
  readonly made: readonly DefinedPolicy[]
  readonly dropped: readonly Dropped[]
}

/** Every difference of a policy, with its reason. */
export function sayPolicy(planning: Planning, ruling: Ruling, {made, dropped}: Made): void {
  const {policy, operator} = ruling
  const subject = objectId('policy', policy.vhost, policy.name)
  for (const one of dropped) sayKey(planning, subject, one)
  const [first] = made
  if (first === undefined) {
    say(planning, {
      subject,
      field: 'policy',
      from: shown(policy.definition),
      to: 'none: nothing is left of it, and RabbitMQ refuses an empty policy',
      undo: 'none needed',
    })
    return
  }
  if (policy.operator) sayOperator(planning, ruling, first)
  else if (operator)
    say(planning, {
      subject,
      field: 'operator policy',
      from: `operator policy ${operator.name} is merged into it by the broker`,
      to: `merged here: ${shown(first.definition)}`,
      undo: 'none needed',
    })
  sayPlace(planning, ruling, made)
}

function sayKey(planning: Planning, subject: string, {key, value, why, lost}: Dropped): void {
  const rule = key === 'overflow' ? 'overflow-reject-publish' : 'policy-key'
  if (lost) lose(planning, {rule, subject, field: key, change: 'dropped', reason: `${key}: ${why}`})
  else say(planning, {subject, field: key, from: shown(value), to: `none: ${why}`, undo: 'none needed'})
}

function sayOperator(planning: Planning, {policy}: Ruling, {name, priority}: DefinedPolicy): void {
  lose(planning, {
    rule: 'operator-policy',
    subject: objectId('policy', policy.vhost, policy.name),
    field: 'operator policy',
    change: 'widened',
    reason: `it becomes the ordinary policy ${name} of priority ${priority}: whoever may set policies can change it. Amazon MQ lets nobody set operator policies unless management.restrictions.operator_policy_changes.disabled is false`,
  })
}

function sayPlace(planning: Planning, {policy}: Ruling, made: readonly DefinedPolicy[]): void {
  const subject = objectId('policy', policy.vhost, policy.name)
  const [first] = made
  if (first && first.priority !== policy.priority && !policy.operator)
    say(planning, {
      subject,
      field: 'priority',
      from: String(policy.priority),
      to: `${first.priority}: 0 and 1 are those of AWS's own policies; the order of yours is the same`,
      undo: 'none needed',
    })
  const applies = made.map((one) => `${one.name} for ${one['apply-to']}`).join(', ')
  if (made.length > 1 || (first && first['apply-to'] !== policy.applyTo))
    say(planning, {
      subject,
      field: 'apply-to',
      from: policy.applyTo,
      to: `${applies}: a policy with one key that a type of queue does not support rules no queue of that type`,
      undo: 'none needed',
    })
}
