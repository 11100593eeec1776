import {failed, ok, type Diagnosis, type Probe, unknown, warning} from '../model/doctor.ts'
import {errorFacts, faultOf, nameOf} from '../protocols/aws-errors.ts'
import {callerIdentity} from '../protocols/aws-identity.ts'
import {type AwsConnection, type AwsOptions, awsConnection, controlClient, isAws} from '../protocols/aws.ts'

export interface AwsProbeOptions extends AwsOptions {
  /** What the plan is pinned to; undefined = no plan yet. */
  readonly expected?: {readonly account: string | null; readonly region: string | null} | undefined
  /** A planned queue and topic: a policy may name just those. */
  readonly queue?: string | undefined
  readonly topic?: string | undefined
}

/** Nobody's names: asking for them needs the right, and finds nothing. */
const NOBODYS = 'mqlift-doctor-no-such-resource'

/** What `doctor` asks of AWS. Reads only; rights to create and send cannot be tried without doing it. */
export function awsProbes(options: AwsProbeOptions): Probe[] {
  return [
    {
      id: 'aws.endpoint',
      question: 'Which AWS is it?',
      needs: [],
      run: async () => endpoint(options),
    },
    {
      id: 'aws.identity',
      question: 'Who does AWS say we are?',
      needs: [],
      async run(signal) {
        const {arn, account, evidence} = await callerIdentity(options, signal)
        return ok(`${arn} in account ${account} (${evidence})`)
      },
    },
    {
      id: 'aws.account',
      question: 'Are account and Region those of the plan?',
      needs: ['aws.identity'],
      run: (signal) => planned(options, signal),
    },
    {
      id: 'rights.sqs',
      question: 'May we look at queues?',
      needs: ['aws.identity'],
      run: (signal) =>
        connected(options, (connection) => queueRight(connection, options.queue ?? NOBODYS, signal)),
    },
    {
      id: 'rights.sns',
      question: 'May we look at topics?',
      needs: ['aws.identity'],
      run: (signal) => connected(options, (connection) => topicRight(connection, {options, signal})),
    },
  ]
}

function endpoint(options: AwsProbeOptions): Diagnosis {
  const connection = awsConnection(options)
  connection.close()
  const {region, endpoint: url} = connection
  if (url === undefined) return ok(`AWS, Region ${region}`)
  if (isAws(url)) return ok(`${url}, Region ${region}`)
  return warning(
    `${url} is not AWS: what it accepts is not durable`,
    'Leave out --endpoint and AWS_ENDPOINT_URL',
  )
}

async function planned(options: AwsProbeOptions, signal: AbortSignal): Promise<Diagnosis> {
  const {expected, region} = options
  const caller = await callerIdentity(options, signal)
  const here = `${caller.account} in ${region}`
  if (!expected?.account) return ok(`${here}; the plan names none yet`)
  if (expected.account === caller.account && (expected.region ?? region) === region) return ok(here)
  return failed(
    `${here}, but the plan is for ${expected.account} in ${expected.region ?? 'any Region'}`,
    'Choose the other profile (AWS_PROFILE) or Region (--region), or make a new plan',
  )
}

async function connected(
  options: AwsProbeOptions,
  ask: (connection: AwsConnection) => Promise<Diagnosis>,
): Promise<Diagnosis> {
  const connection = awsConnection(options)
  try {
    return await ask(connection)
  } finally {
    connection.close()
  }
}

async function queueRight(connection: AwsConnection, name: string, signal: AbortSignal): Promise<Diagnosis> {
  const {SQSClient, GetQueueUrlCommand} = await import('@aws-sdk/client-sqs')
  const client = new SQSClient(controlClient(connection, 'sqs'))
  const ask = client.send(new GetQueueUrlCommand({QueueName: name}), {abortSignal: signal})
  return rightTo('sqs:GetQueueUrl', `queue ${name}`, ask)
}

async function topicRight(
  connection: AwsConnection,
  {options, signal}: {readonly options: AwsProbeOptions; readonly signal: AbortSignal},
): Promise<Diagnosis> {
  const {SNSClient, GetTopicAttributesCommand} = await import('@aws-sdk/client-sns')
  const caller = await callerIdentity(options, signal)
  const partition = caller.arn.split(':')[1] ?? 'aws'
  const name = options.topic ?? NOBODYS
  const TopicArn = `arn:${partition}:sns:${options.region}:${caller.account}:${name}`
  const client = new SNSClient(controlClient(connection, 'sns'))
  const ask = client.send(new GetTopicAttributesCommand({TopicArn}), {abortSignal: signal})
  return rightTo('sns:GetTopicAttributes', `topic ${name}`, ask)
}

async function rightTo(action: string, what: string, ask: Promise<unknown>): Promise<Diagnosis> {
  try {
    await ask
    return ok(`${action} is allowed; ${what} exists`)
  } catch (error) {
    const facts = errorFacts(error)
    const fault = faultOf(facts)
    if (fault === 'target-missing') return ok(`${action} is allowed; ${what} does not exist`)
    if (fault !== 'access-denied') return unknown(`${action}: ${nameOf(facts)}`)
    const evidence = `${action} on ${what} is denied (${nameOf(facts)})`
    return what.includes(NOBODYS)
      ? unknown(
          `${evidence}; a policy that names exact resources does that`,
          'Make the plan first, then run doctor again',
        )
      : failed(evidence, `Allow ${action}: docs/security.md has the policy`)
  }
}
