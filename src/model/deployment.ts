import {z} from 'zod'

import {artefact} from './artefact.ts'
import {Platform} from './platform.ts'

/**
 * What an accepted receipt of a target rests on. `checksum`: its own digest of what it stored, compared with ours.
 * `confirm`: the broker took responsibility for this very message. `id`: it gave the message an id, and no more.
 */
export const Evidence = z.enum(['checksum', 'confirm', 'id'])
export type Evidence = z.infer<typeof Evidence>

export const Resource = z.object({
  /** Id of the plan's step. */
  step: z.string(),
  platform: Platform,
  arn: z.string(),
  /** Where to send: a queue URL for SQS, an ARN for SNS. */
  address: z.string(),
  /** ISO 8601 from AWS when it tells (SQS CreatedTimestamp), else when we created it; null = adopted, not told. */
  createdAt: z.string().nullable(),
  /** ISO 8601; before this instant AWS may still apply the last change (filter policies: 15 minutes). */
  readyAt: z.string(),
  origin: z.enum(['created', 'found', 'adopted']),
  /** Undefined = checksum. */
  evidence: Evidence.optional(),
})
export type Resource = z.infer<typeof Resource>

/** An attribute that differs from the plan. `wanted` null = must not exist; `found` null = is missing. */
export const Drift = z.object({
  step: z.string(),
  attribute: z.string(),
  wanted: z.string().nullable(),
  found: z.string().nullable(),
})
export type Drift = z.infer<typeof Drift>

export const Deployment = artefact('deployment', 1, {
  /** Null = nothing in it belongs to an AWS account: only a broker was written to. */
  account: z.string().nullable(),
  region: z.string().nullable(),
  /** Null = AWS itself; otherwise the custom endpoint that answered. */
  endpoint: z.string().nullable(),
  caller: z.string(),
  resources: z.array(Resource),
  cutover: z.boolean(),
})
export type Deployment = z.infer<typeof Deployment>
