import {z} from 'zod'

import {MqliftError} from '../../errors.ts'
import type {Drift} from '../../model/deployment.ts'
import type {Step} from '../../model/plan.ts'
import {visible} from '../../model/visible.ts'
import type {ProvisionOptions} from '../target.ts'
import type {BrokerPorts, ProvisionResult} from './provision-definitions.ts'
import {queueStepName, RabbitmqQueueSettings} from './steps.ts'

const Queue = z.object({type: z.string().optional(), arguments: z.unknown().optional()})

/** Made by the import of the definitions: only looked at here. */
export async function provisionQueue(
  {api, answers, identity, first, now}: BrokerPorts,
  step: Step,
  {execute}: Pick<ProvisionOptions, 'execute'>,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const {vhost, queue, type} = RabbitmqQueueSettings.parse(step.settings)
  const answer = await api.get(['queues', vhost, queue], {disable_stats: 'true'}, signal)
  if (!answer.ok) {
    const drift = {step: step.id, attribute: 'exists', wanted: step.name, found: null}
    return {resource: null, drift: [drift], writes: 0}
  }
  const found = Queue.parse(answer.body).type ?? 'classic'
  const drift: Drift[] = found === type ? [] : [{step: step.id, attribute: 'type', wanted: type, found}]
  if (execute && drift.length > 0) throw otherType(step, {wanted: type, found})
  const clusterName = await answers.clusterName(signal)
  const place = queueStepName(vhost, queue)
  return {
    resource: {
      step: step.id,
      platform: step.platform,
      arn: `rabbitmq:${identity({clusterName})}/${place}`,
      address: `${first}/${place}`,
      createdAt: null,
      readyAt: new Date(now()).toISOString(),
      // The import made it, or found it: its own step says which.
      origin: 'found',
      evidence: 'confirm',
    },
    drift,
    writes: 0,
  }
}

function otherType(step: Step, {wanted, found}: {wanted: string; found: string}): MqliftError {
  return new MqliftError(
    'refused',
    `${visible(step.name)} is a ${found} queue at the target; the plan wants ${wanted}`,
    {
      reason: 'not-as-planned',
      suggestions: ['delete the queue at the target when it is empty, and run mqlift apply --execute again'],
    },
  )
}
