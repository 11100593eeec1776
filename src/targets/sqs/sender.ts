import {createHash, createHmac, createSecretKey, type KeyObject} from 'node:crypto'
import {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'

import {HttpRequest} from '@smithy/core/protocols'
import {SignatureV4} from '@smithy/signature-v4'
import {z} from 'zod'

import {errorFacts, faultOf} from '../../protocols/aws-errors.ts'
import type {AwsConnection} from '../../protocols/aws.ts'

const Successful = z.object({
  Id: z.string(),
  MessageId: z.string(),
  MD5OfMessageBody: z.string().optional(),
  MD5OfMessageAttributes: z.string().optional(),
})
const Failed = z.object({
  Id: z.string(),
  Code: z.string(),
  SenderFault: z.boolean(),
  Message: z.string().optional(),
})
const Answer = z.object({
  Successful: z.array(Successful).default([]),
  Failed: z.array(Failed).default([]),
})
type Answer = z.infer<typeof Answer>

/**
 * One SendMessageBatch with a body made by request.ts, one attempt. Rejects with whatever went wrong; an answer
 * other than 200 is an {@link AwsRefusal}.
 */
export type SendBatch = (queueUrl: string, body: Buffer, signal: AbortSignal) => Promise<Answer>

/** An answer other than 200, as AWS named it. */
export class AwsRefusal extends Error {
  readonly $metadata: {readonly httpStatusCode: number}
  /** What the clock of the service said, epoch milliseconds. */
  readonly serverTime: number | undefined
  /** The refusal was about the time, and the next request will be signed with the service's. */
  clockCorrected = false

  constructor(name: string, message: string, facts: {readonly status: number; readonly date?: string}) {
    super(message)
    this.name = name
    this.$metadata = {httpStatusCode: facts.status}
    const time = Date.parse(facts.date ?? '')
    this.serverTime = Number.isNaN(time) ? undefined : time
  }
}

/** The signer wants a class. Node's own hashes. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(bytesOf(secret)))
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
  reset(): void {
    // Never called by the signer.
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data)
}

/** The two secrets that every signature needs. With raw bytes createHmac costs 13 µs, with a key object 2.5. */
const keys: {readonly bytes: Buffer; readonly key: KeyObject}[] = []

function keyOf(bytes: Buffer): KeyObject {
  const known = keys.find((one) => one.bytes.equals(bytes))
  if (known) return known.key
  const key = createSecretKey(bytes)
  keys.unshift({bytes: Buffer.from(bytes), key})
  keys.length = Math.min(keys.length, 8)
  return key
}

/** Clocks further apart than this make a signature invalid (SDK, clock skew correction: 5 minutes). */
const SKEW_MS = 300_000

/**
 * The SDK's signer, credentials and HTTP handler with our own request bytes between them: the SDK's serialisers cost
 * 70 µs a message where this costs 39 (docs/decisions/0002). Learns the clock's offset from a refusal, as the SDK would
 * (M17); the next attempt uses it.
 */
export function leanSender(connection: AwsConnection): SendBatch {
  const {region, credentials, http} = connection
  const endpoint = connection.endpoints.sqs
  const signer = new SignatureV4({credentials, region, service: 'sqs', sha256: Sha256, applyChecksum: false})
  let offset = 0

  return async (queueUrl, body, signal) => {
    const {protocol, hostname, host, port} = new URL(endpoint ?? queueUrl)
    const request = new HttpRequest({
      method: 'POST',
      protocol,
      hostname,
      ...(port && {port: Number(port)}),
      path: '/',
      headers: {
        host,
        'content-type': 'application/x-amz-json-1.0',
        'content-length': String(body.length),
        'x-amz-target': 'AmazonSQS.SendMessageBatch',
      },
      body,
    })
    const signed = await signer.sign(request, {signingDate: new Date(Date.now() + offset)})
    const {response} = await http.handle(HttpRequest.clone(signed), {abortSignal: signal})
    const answer = await textOf(response.body)
    if (response.statusCode === 200) return Answer.parse(JSON.parse(answer))
    const refusal = refusalOf(response.statusCode, response.headers, answer)
    const drift = refusal.serverTime === undefined ? 0 : refusal.serverTime - Date.now() - offset
    if (faultOf(errorFacts(refusal)) === 'clock-skew' && Math.abs(drift) > SKEW_MS) {
      offset += drift
      refusal.clockCorrected = true
    }
    throw refusal
  }
}

function textOf(body: unknown): Promise<string> {
  if (!(body instanceof Readable)) throw new Error('an answer without a body')
  return text(body)
}

const Problem = z.object({
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
})

function refusalOf(status: number, headers: Readonly<Record<string, string>>, answer: string): AwsRefusal {
  const problem = problemOf(answer)
  const name = problem.__type ?? headers['x-amzn-errortype']?.split(':')[0] ?? `HTTP ${status}`
  return new AwsRefusal(name, problem.message ?? problem.Message ?? '', {
    status,
    ...(headers['date'] !== undefined && {date: headers['date']}),
  })
}

/** A load balancer or proxy answers in HTML. */
function problemOf(answer: string): z.infer<typeof Problem> {
  try {
    return Problem.parse(JSON.parse(answer))
  } catch {
    return {}
  }
}
