import type {Case} from './corpus.ts'
import {differences, type Passage} from './differences.ts'
import {tables} from './table.ts'

const introduction = (old: string, now: string): string => `# What survives the way

Written by a test (\`npm run fidelity\`): every cell is a message that was published to RabbitMQ, read as \`migrate\` reads,
sent as \`migrate\` sends, and received by the usual client of the target: the AWS SDK for SQS, ActiveMQ's own JMS client,
and for RabbitMQ two of them, which look at the same messages: amqplib with the field tags of AMQP 0-9-1, and RabbitMQ's
own Java client with the Java type of every value. A cell without a message behind it fails the test, and a change of this
page is a change of the product.

| word | means |
|---|---|
| kept | the client sees the same value in the same place, without knowing of mqlift; in Java with the type, for JMS also with the kind of message |
| renamed | the same value, in plain sight in another place |
| encoded | comes back exactly when the [wire format](wire-format.md) is undone; a consumer that does not know it does not see it |
| lost | cannot be had at the target. A loss that changes what the message means is accepted by somebody, or the message stays |
| stays | is not sent: the message stays at the broker, and the report names it |

A cell compares what arrived with what the source handed out. The source of these tables is RabbitMQ ${now}; what a source
itself changes, and what is different when it is RabbitMQ ${old}, is [at the end](#${anchor(old)}). Amazon MQ for
RabbitMQ is a RabbitMQ ${now} here. The topic takes messages of 256 KiB, which is what the plan makes; queues of SQS take
1 MiB. Routing attributes that publishers set are another thing: [routing.md](routing.md).
`

const comparison = (old: string, now: string): string => `## RabbitMQ ${old} as the source

The same messages went through RabbitMQ ${old} to every target, too. Here is each case that a source hands out otherwise than
it was published, or that arrives otherwise from ${old} than from ${now}; every other cell above holds for both. A value is
shown with its field tag, several headers as names and tags. The last column names the clients for which the cell above is
another one when the message comes from ${old}, and that cell.
`

/** As forges make it of the heading. */
const anchor = (old: string): string => `rabbitmq-${old.replace('.', '')}-as-the-source`

/** docs/fidelity.md. */
export function page(cases: readonly Case[], old: Passage, now: Passage): string {
  return [
    introduction(old.version, now.version),
    ...tables(cases, now.columns),
    comparison(old.version, now.version),
    ...differences(cases, old, now),
    '',
  ].join('\n')
}
