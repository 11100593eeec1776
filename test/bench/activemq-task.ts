/** What a contender of activemq.ts is given. */
export interface ActivemqTask {
  readonly amqp: string
  readonly management: string
  readonly queue: string
  readonly queueType: string
  readonly messages: number
  readonly size: number
  /** Of ActiveMQ, with its user. */
  readonly target: string
  readonly password: string
  readonly targetQueue: string
  readonly archive: boolean
}

export function activemqTask(): ActivemqTask {
  return JSON.parse(process.env['BENCH_ASSIGNMENT'] ?? '') as ActivemqTask
}
