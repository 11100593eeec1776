import {join} from 'node:path'

import {installAmqpClient} from './install-amqp-client.ts'
import {run} from './lab.ts'

/** A value as Java has it: the type, and its content in a form that rounds nothing. */
export type JavaValue =
  | {readonly type: 'null'}
  | {readonly type: 'List'; readonly items: readonly JavaValue[]}
  | {readonly type: 'Map'; readonly entries: readonly (readonly [name: string, value: JavaValue])[]}
  /** Base64. */
  | {readonly type: 'LongString' | 'byte[]'; readonly bytes: string}
  /** A Date in milliseconds, everything else as Java writes it. */
  | {
      readonly type:
        | 'BigDecimal'
        | 'Boolean'
        | 'Byte'
        | 'Date'
        | 'Double'
        | 'Float'
        | 'Integer'
        | 'Long'
        | 'Short'
        | 'String'
      readonly text: string
    }

/** What AmqpReader.java prints of a message: as a Java consumer of RabbitMQ sees it. */
export interface ReadByJava {
  readonly body: JavaValue
  readonly exchange: JavaValue
  readonly routingKey: JavaValue
  /** By the envelope's names. */
  readonly properties: Readonly<Record<string, JavaValue>>
  readonly headers: JavaValue
}

const READER = join(import.meta.dirname, 'AmqpReader.java')

/** Looks at everything that is ready in a queue, with RabbitMQ's own Java client, and takes nothing. */
export async function lookByJava(amqp: string, queue: string): Promise<ReadByJava[]> {
  const jars = await installAmqpClient()
  // No logging library: the complaint about that goes to stderr.
  const printed = await run('java', ['-Xmx256m', '-cp', `${jars}/*`, READER, amqp, queue])
  const lines = printed.split('\n').filter((line) => line !== '')
  return lines.map((line): ReadByJava => JSON.parse(line))
}
