import {z} from 'zod'

import {canonicalJson, parseJson} from '../canonical-json.ts'

/** AWS SQS quotas, "Policy quotas", read 2026-11-22. */
export const POLICY_BYTES = 8192

/** Ours by this id; statements of others are carried over as they are. */
const SID = 'mqliftTopics'

const Statement = z.looseObject({Sid: z.string().optional()})
const Policy = z.looseObject({
  Version: z.string().default('2012-10-17'),
  Statement: z.union([z.array(Statement), Statement.transform((one) => [one])]).default([]),
})
type Statement = z.infer<typeof Statement>

/** One statement for all topics: twenty statements and 8,192 bytes are the limits. */
function statementFor(queueArn: string, topicArns: readonly string[]): Statement {
  return {
    Sid: SID,
    Effect: 'Allow',
    Principal: {Service: 'sns.amazonaws.com'},
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: {ArnEquals: {'aws:SourceArn': topicArns.toSorted()}},
  }
}

export interface PolicyChange {
  /** The whole policy to set: ours and everybody else's. */
  readonly policy: string
  readonly wanted: string
  /** Our statement as it is now; null = not there. */
  readonly found: string | null
}

/** Null = the policy already lets these topics send, and no others through our statement. */
export function policyChange(
  current: string | undefined,
  queueArn: string,
  topicArns: readonly string[],
): PolicyChange | null {
  const policy = Policy.parse(current ? parseJson(current) : {})
  const ours = policy.Statement.find(({Sid}) => Sid === SID)
  const wanted = statementFor(queueArn, topicArns)
  if (ours && comparable(ours) === comparable(wanted)) return null
  const others = policy.Statement.filter(({Sid}) => Sid !== SID)
  return {
    policy: JSON.stringify({...policy, Statement: [...others, wanted]}),
    wanted: JSON.stringify(wanted),
    found: ours ? JSON.stringify(ours) : null,
  }
}

/** A list of one and its only value are the same, and the order of a list means nothing in a policy. */
function comparable(statement: Statement): string {
  return canonicalJson(flat(statement))
}

function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? value[0] : value.map(String).toSorted()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, flat(inner)]))
}
