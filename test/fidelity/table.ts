import type {Case} from './corpus.ts'
import type {Cell} from './routes.ts'

export interface Column {
  readonly title: string
  readonly cells: ReadonlyMap<Case, Cell>
}

const INTRODUCTION = `# What survives the way

Written by a test (\`npm run fidelity\`): every cell is a message that was published to RabbitMQ, read as \`migrate\` reads,
sent as \`migrate\` sends, and received by the usual client of the target: the AWS SDK for SQS, amqplib with the field tags
of AMQP 0-9-1, ActiveMQ's own JMS client. A cell without a message behind it fails the test, and a change of this page is
a change of the product.

| word | means |
|---|---|
| kept | the client sees the same value in the same place, without knowing of mqlift; for JMS with the kind of message, or the Java type |
| renamed | the same value, in plain sight in another place |
| encoded | comes back exactly when the [wire format](wire-format.md) is undone; a consumer that does not know it does not see it |
| lost | cannot be had at the target. A loss that changes what the message means is accepted by somebody, or the message stays |
| stays | is not sent: the message stays at the broker, and the report names it |

The topic takes messages of 256 KiB, which is what the plan makes; queues of SQS take 1 MiB. Routing attributes that publishers
set are another thing: [routing.md](routing.md).
`

/** docs/fidelity.md. */
export function page(cases: readonly Case[], columns: readonly Column[]): string {
  const groups = [...Map.groupBy(cases, ({group}) => group)]
  const heads = columns.map(({title}) => title)
  return [
    INTRODUCTION,
    ...groups.flatMap(([group, own]) => [
      `## ${group}`,
      '',
      `| | ${heads.join(' | ')} |`,
      `|---|${heads.map(() => '---|').join('')}`,
      ...own.map(
        (one) => `| ${one.row} | ${columns.map(({cells}) => cells.get(one) ?? missing(one)).join(' | ')} |`,
      ),
      '',
    ]),
  ].join('\n')
}

function missing({row}: Case): never {
  throw new Error(`no message of the case ${row} came back`)
}
