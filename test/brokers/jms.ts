import {join} from 'node:path'

import type {JmsMessage} from '../../src/targets/amazon-mq-activemq/decode.ts'
import type {Activemq} from './activemq.ts'
import {run} from './lab.ts'

/** What JmsReader.java prints of a message: as a JMS consumer over OpenWire sees it. */
export interface ReadByJms extends JmsMessage {
  readonly kind: string
  readonly messageId: string | null
  readonly correlationId: string | null
  readonly type: string | null
  readonly replyTo: string | null
  readonly priority: number
  readonly deliveryMode: number
  readonly timestamp: number
  readonly expiration: number
}

const READER = join(import.meta.dirname, 'JmsReader.java')
/** How long a consumer waits for the next message before it says that there is none. */
const PATIENCE_MS = 2000

/** Takes up to so many messages out of a queue, with ActiveMQ's own JMS client. */
export async function readJms(
  {record, openwire, user, password}: Activemq,
  queue: string,
  {messages, selector}: {readonly messages: number; readonly selector?: string},
): Promise<ReadByJms[]> {
  const classPath = `${join(record.home, 'lib')}/*:${join(record.home, 'lib/optional')}/*`
  const where = [openwire, user, password, queue, String(messages), String(PATIENCE_MS)]
  const more = selector === undefined ? [] : [selector]
  // No logging configuration: its complaints go to stderr.
  const printed = await run('java', ['-Xmx256m', '-cp', classPath, READER, ...where, ...more])
  const lines = printed.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line): ReadByJms => JSON.parse(line))
}
