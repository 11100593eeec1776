import {awsFailure, errorFacts, faultOf} from './aws-errors.ts'
import {type AwsConnection, type AwsOptions, awsConnection, controlClient, isAws} from './aws.ts'

export interface CallerIdentity {
  readonly account: string
  readonly arn: string
  /** Where the account was read. */
  readonly evidence: string
}

/** Emulators use it when they have no accounts. */
const NO_ACCOUNT = '000000000000'

/** Who AWS says we are (SEC-48, T19). An emulator without STS is asked for a queue, whose address names its account. */
export async function callerIdentity(options: AwsOptions, signal?: AbortSignal): Promise<CallerIdentity> {
  const connection = awsConnection(options)
  try {
    return await fromSts(connection, signal)
  } catch (error) {
    const {endpoint} = connection
    const fault = faultOf(errorFacts(error))
    if (
      endpoint === undefined ||
      isAws(endpoint) ||
      !['refused', 'unknown', 'target-missing'].includes(fault)
    )
      throw awsFailure(error, 'reading the AWS account (sts:GetCallerIdentity)')
    return await fromQueues(connection, endpoint, signal)
  } finally {
    connection.close()
  }
}

async function fromSts(connection: AwsConnection, signal?: AbortSignal): Promise<CallerIdentity> {
  const {STSClient, GetCallerIdentityCommand} = await import('@aws-sdk/client-sts')
  const {endpoint, ...settings} = controlClient(connection, 'sts')
  // A private endpoint of another service does not answer for STS.
  const foreign =
    endpoint !== undefined && isAws(endpoint) && !/(?:^|\.)sts\./.test(new URL(endpoint).hostname)
  const client = new STSClient(endpoint === undefined || foreign ? settings : {...settings, endpoint})
  const {Account, Arn} = await client.send(
    new GetCallerIdentityCommand(),
    signal ? {abortSignal: signal} : {},
  )
  if (!Account || !Arn) throw new Error('sts:GetCallerIdentity answered without an account')
  return {account: Account, arn: Arn, evidence: 'sts:GetCallerIdentity'}
}

async function fromQueues(
  connection: AwsConnection,
  endpoint: string,
  signal?: AbortSignal,
): Promise<CallerIdentity> {
  const {SQSClient, ListQueuesCommand} = await import('@aws-sdk/client-sqs')
  try {
    const command = new ListQueuesCommand({MaxResults: 1})
    const {QueueUrls} = await new SQSClient(controlClient(connection, 'sqs')).send(
      command,
      signal ? {abortSignal: signal} : {},
    )
    const account = /\/(\d{12})\/[^/]+$/.exec(QueueUrls?.[0] ?? '')?.[1]
    return {
      account: account ?? NO_ACCOUNT,
      arn: `arn:aws:iam::${account ?? NO_ACCOUNT}:root`,
      evidence: `${endpoint} answers no sts:GetCallerIdentity: ${account ? 'account of its first queue' : 'account assumed'}`,
    }
  } catch (error) {
    throw awsFailure(error, `reading the account of ${endpoint}`)
  }
}
