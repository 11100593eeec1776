import {randomBytes} from 'node:crypto'

/** What every contender is given, and where. Set by run.ts for its children. */
export interface Assignment {
  readonly amqp: string
  readonly management: string
  readonly endpoint: string
  readonly queue: string
  readonly queueType: string
  readonly messages: number
  readonly size: number
  readonly archive: boolean
  /** A fixed number of requests under way instead of the adaptive one; 0 = adaptive. */
  readonly requests: number
}

export function assignment(): Assignment {
  return JSON.parse(process.env['BENCH_ASSIGNMENT'] ?? '') as Assignment
}

export const REGION = 'us-east-1'
export const CREDENTIALS = {accessKeyId: 'bench', secretAccessKey: 'bench'}
export const queueUrl = (endpoint: string): string => `${endpoint}/000000000000/bench`

/** JSON text of `size` bytes with quotes as often as order events have them, so that escaping costs what it costs. */
export function orderBody(size: number, i: number): Buffer {
  const head = `{"orderId":"${i.toString(16).padStart(12, '0')}","customer":{"id":${i},"tier":"gold"},"lines":[`
  let text = head
  for (let k = 0; text.length < size; k++) {
    text += `{"sku":"SKU-${k}-${randomBytes(4).toString('hex')}","qty":${k % 9},"note":"leave at the back door, ring twice"},`
  }
  return Buffer.from(`${text.slice(0, size - 2)}]}`)
}

export const orderProperties = (i: number) => ({
  persistent: true,
  contentType: 'application/json',
  messageId: `7f0c2d5e-0000-4000-8000-${i.toString(16).padStart(12, '0')}`,
  type: 'order.created',
  headers: {tenant: 'acme-eu-1'},
})
