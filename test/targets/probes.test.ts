import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

import {expect, test} from 'vitest'

import {startEmbeddedAws} from '../../src/demo/embedded-aws.ts'
import type {Checkup} from '../../src/model/doctor.ts'
import {doctor} from '../../src/stages/doctor.ts'
import {type AwsProbeOptions, awsProbes} from '../../src/targets/probes.ts'

async function ask(options: AwsProbeOptions): Promise<Record<string, Checkup['checks'][number]>> {
  const {checks} = await doctor(awsProbes(options), {timeoutMs: 10_000}, new AbortController().signal)
  return Object.fromEntries(checks.map((check) => [check.id, check]))
}

test('an emulator answers, and is not taken for AWS', async () => {
  await using aws = await startEmbeddedAws()
  const found = await ask({...aws, expected: {account: '000000000000', region: aws.region}})
  expect(found['aws.endpoint']).toMatchObject({
    outcome: 'warning',
    evidence: expect.stringContaining('not durable'),
  })
  expect(found['aws.identity']).toMatchObject({
    outcome: 'ok',
    evidence: expect.stringContaining('000000000000'),
  })
  expect(found['aws.account']).toMatchObject({outcome: 'ok'})
  expect(found['rights.sqs']).toMatchObject({
    outcome: 'ok',
    evidence: expect.stringContaining('sqs:GetQueueUrl'),
  })
  expect(found['rights.sns']).toMatchObject({outcome: 'ok'})
})

test('another account than the plan’s is a failure', async () => {
  await using aws = await startEmbeddedAws()
  const found = await ask({...aws, expected: {account: '111122223333', region: null}})
  expect(found['aws.account']).toMatchObject({outcome: 'failed', fix: expect.stringContaining('AWS_PROFILE')})
})

test('a denied call names the action', async () => {
  const server = createServer((request, response) => {
    const isJson = request.headers['content-type']?.includes('json') ?? false
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (body.includes('GetCallerIdentity')) {
        return response.end(
          '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn>' +
            '<UserId>x</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
        )
      }
      response.statusCode = isJson ? 400 : 403
      return response.end(
        isJson
          ? '{"__type":"com.amazonaws.sqs#AccessDeniedException","message":"no"}'
          : '<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>',
      )
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const env = {AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y'}
    const found = await ask({region: 'eu-central-1', endpoint, env, queue: 'orders', topic: 'events'})
    expect(found['rights.sqs']).toMatchObject({
      outcome: 'failed',
      fix: expect.stringContaining('sqs:GetQueueUrl'),
    })
    expect(found['rights.sns']).toMatchObject({
      outcome: 'failed',
      fix: expect.stringContaining('sns:GetTopicAttributes'),
    })
    const unplanned = await ask({region: 'eu-central-1', endpoint, env})
    expect(unplanned['rights.sqs']).toMatchObject({outcome: 'unknown', fix: expect.stringContaining('plan')})
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('nothing that answers', async () => {
  const env = {AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y'}
  const found = await ask({region: 'eu-central-1', endpoint: 'http://127.0.0.1:9', env})
  expect(found['aws.identity']).toMatchObject({
    outcome: 'failed',
    evidence: expect.stringContaining('no connection'),
  })
  expect(found['rights.sqs']).toMatchObject({outcome: 'skipped'})
})
