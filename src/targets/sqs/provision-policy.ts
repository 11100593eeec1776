import {MqliftError} from '../../errors.ts'
import type {Drift} from '../../model/deployment.ts'
import type {Step} from '../../model/plan.ts'
import {arnOf, nameOfStep} from '../arn.ts'
import {readyAfter, SETTLES_MS} from '../readiness.ts'
import type {ProvisionOptions} from '../target.ts'
import {missing, type ProvisionResult, resourceOf, type SqsPorts} from './provision-queue.ts'
import {POLICY_BYTES, type PolicyChange, policyChange} from './queue-policy.ts'
import {SqsPolicySettings} from './steps.ts'

/** Lets the topics of the plan send to the queue. Statements that others wrote stay. */
export async function provisionPolicy(
  {api, place, now}: SqsPorts,
  step: Step,
  {execute, resolved}: ProvisionOptions,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const {queueStep, topicSteps} = SqsPolicySettings.parse(step.settings)
  const queue = await api.find(nameOfStep(queueStep), signal)
  if (!queue) return missing(step)

  const topics = topicSteps.map((topic) => resolved.get(topic)?.arn ?? arnOf(place, 'sns', nameOfStep(topic)))
  const change = policyChange(queue.attributes['Policy'], queue.arn, topics)
  const readyNow = readyAfter(now(), 0)
  if (!change)
    return {resource: resourceOf(step, queue, {origin: 'found', readyAt: readyNow}), drift: [], writes: 0}

  assertFits(step.name, change.policy)
  const origin = change.found === null ? 'created' : 'found'
  const drift = driftFrom(step.id, change)
  if (!execute) {
    if (origin === 'created') return missing(step)
    return {resource: resourceOf(step, queue, {origin, readyAt: readyNow}), drift, writes: 0}
  }
  await api.setAttributes(queue.url, {Policy: change.policy}, signal)
  const readyAt = readyAfter(now(), SETTLES_MS.queueAttributes)
  return {resource: resourceOf(step, queue, {origin, readyAt}), drift, writes: 1}
}

/** A policy that is not there yet is not drift. */
function driftFrom(step: string, change: PolicyChange): Drift[] {
  if (change.found === null) return []
  return [{step, attribute: 'Policy', wanted: change.wanted, found: change.found}]
}

function assertFits(queue: string, policy: string): void {
  const bytes = Buffer.byteLength(policy)
  if (bytes <= POLICY_BYTES) return
  throw new MqliftError(
    'refused',
    `the policy of queue ${queue} would have ${bytes} bytes, SQS takes ${POLICY_BYTES}`,
    {
      reason: 'policy-too-large',
      suggestions: ['remove statements that nobody needs from the queue’s policy, then run again'],
    },
  )
}
