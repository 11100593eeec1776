import {parseId} from '../model/id.ts'
import {brokersIn} from '../model/plan-into.ts'
import type {Move} from '../model/plan.ts'
import {word} from '../model/shell.ts'
import type {Flow, Wave} from '../model/switching.ts'
import {code, markdown, table} from './escape.ts'
import {lasting} from './plan-words.ts'
import {planQuestions} from './runbook-blocks.ts'
import {flowLines, titleOf} from './runbook-flow.ts'
import {aboutOf, type Book, numbered, type RunbookInput, type RunbookStep} from './runbook-input.ts'
import {applicationOf} from './runbook-who.ts'
import {count, namer, plural, proper} from './words.ts'

/** Flows told in full; an estate of thousands gets a list of the rest, which are switched alike. */
const MOST_IN_FULL = 200

/** runbook.md: who switches what, when, with which command, and how to go back. Made from the plan's data alone. */
export function renderRunbook(input: RunbookInput): string {
  const book = bookOf(input)
  return [
    `# Runbook: ${proper(input.plan.source.kind)} at ${code(input.plan.source.address)}`,
    '',
    ...overview(book),
    '',
    '## Before the first window',
    '',
    ...numbered(preparation(book)),
    ...waveSections(book),
    '',
    '## When every flow has switched',
    '',
    ...numbered(ending(book)),
    '',
  ].join('\n')
}

function bookOf(input: RunbookInput): Book {
  const {plan, waves} = input
  const numbers = waves.flatMap(({flows}, wave) =>
    flows.map(({id}, flow) => [id, flows.length === 1 ? `${wave + 1}` : `${wave + 1}.${flow + 1}`] as const),
  )
  return {
    ...input,
    name: namer(Object.keys(plan.fingerprint).map(parseId)),
    numbers: new Map(numbers),
    steps: new Map(plan.steps.map((step) => [step.id, step])),
    about: aboutOf(plan),
    fills: fillsOf(plan.moves),
  }
}

function fillsOf(moves: readonly Move[]): ReadonlyMap<string, number> {
  const fills = new Map<string, number>()
  for (const {target} of moves) fills.set(target, (fills.get(target) ?? 0) + 1)
  return fills
}

function overview(book: Book): string[] {
  const {waves, plan} = book
  if (waves.length === 0) return ['The plan moves no queue: there is nothing to switch. plan.md says why.']
  const flows = waves.flatMap((wave) => wave.flows)
  const ordered = flows.filter((flow) => flow.ordered).length
  return [
    `${plural(plan.moves.length, 'queue')} in ${plural(flows.length, 'flow')}: ${count(flows.length - ordered)} switch consumers first, ${count(ordered)} stop producers first. A flow is what hangs together by bindings, dead letters or a shared target. Windows are independent unless they say otherwise: each may be on a day of its own, the smallest first.${asOf(book)}`,
    '',
    ...table(
      ['Window', 'Flow', 'Order', 'Waiting', 'Moving takes', 'To be decided'],
      waves.flatMap((wave, index) => wave.flows.map((flow) => overviewRow(flow, index, book))),
    ),
  ]
}

const asOf = ({observation}: Book): string =>
  observation === undefined
    ? ' Depths and consumers were not read.'
    : ` Depths and consumers as of ${code(observation.at)}.`

function overviewRow(flow: Flow, wave: number, book: Book): string[] {
  return [
    `${wave + 1}`,
    titleOf(flow, book),
    flow.ordered ? 'producers first' : 'consumers first',
    count(total(flow.moves.map(({expected}) => expected.messages))),
    duration([flow]),
    count(decisionsLeft(flow, book)),
  ]
}

const total = (values: readonly (number | null)[]): number | null =>
  values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0)

/** Queues move side by side: the longest decides. */
function duration(flows: readonly Flow[]): string {
  const estimates = flows.flatMap(({moves}) => moves.map(({estimateSeconds}) => estimateSeconds))
  return lasting(
    estimates.reduce((most, value) => (most === null || value === null ? null : Math.max(most, value)), 0),
  )
}

function decisionsLeft({exchanges, queues}: Flow, {about}: Book): number {
  const own = [...exchanges, ...queues]
  return (
    about.open(own).filter(({answer}) => answer === null).length +
    about.losses(own).filter(({acceptedBy}) => acceptedBy === null).length
  )
}

function preparation(book: Book) {
  const {plan, dir, deployment} = book
  const undecided = planQuestions(book)
  const before = plan.steps.filter(({when}) => when === 'before').length
  return [
    {
      title: 'Set the shell up',
      say: [
        'On the machine that moves, by whoever runs the migration. Passwords are asked for, or come from `MQLIFT_SOURCE_PASSWORD`.',
      ],
      commands: [
        `export MQLIFT_DIR=${word(dir)}`,
        ...(plan.region === null ? [] : [`export AWS_REGION=${word(plan.region)}`]),
        ...brokerVariables(book),
        'mqlift doctor',
      ],
      expect: `no check that failed${plan.account === null ? '' : `, and account ${code(plan.account)}`}.`,
    },
    ...(undecided.length === 0
      ? []
      : [
          {
            title: 'Answer what concerns the whole plan',
            say: undecided.map(({question, who}) => `${markdown(question)} (${markdown(who)})`),
            commands: undecided.map(({id}) => `mqlift plan --answer=${word(id)}=VALUE`),
            expect: 'the question is gone from plan.md.',
          },
        ]),
    ...described(book),
    {
      title: 'Rehearse',
      say: [
        'Copies into scratch targets, read back and compared; nothing leaves the broker. The measured rate replaces the estimates of this page.',
      ],
      commands: ['mqlift migrate --rehearse', 'mqlift migrate --rehearse --execute'],
      expect: '`V6 passed` for every queue that could be rehearsed, and no scratch target left.',
    },
    {
      title: deployment === undefined ? 'Create the targets' : 'Check the targets',
      say: [`${plural(before, 'resource')}, for all windows.`],
      commands: ['mqlift apply --execute', 'mqlift apply'],
      expect: `${code(`${plural(before, 'resource')} in place`)}, the second time ${code('everything is as planned')}.`,
    },
  ]
}

/** A broker that does not exist yet: its queues are in no flow of this page. */
function described({plan}: Book): RunbookStep[] {
  const brokers = brokersIn(plan).filter((broker) => broker.described)
  if (brokers.length === 0) return []
  return [
    {
      title: 'Make the broker',
      say: [
        `By whoever runs the AWS account, as the files in ${code('target/')} describe it (${brokers.map(({engine}) => engine).join(', ')}). Then name it under ${code('brokers:')} in mqlift.yaml.`,
      ],
      commands: ['mqlift plan'],
      expect: 'a new runbook.md, in which the queues that go there have their flows.',
    },
  ]
}

/** The steps below ask the new broker with them; a password is never in a file of ours. */
function brokerVariables({plan}: Book): string[] {
  const to = new Set(plan.moves.map(({platform}) => platform))
  return [
    ...(to.has('amazon-mq-rabbitmq')
      ? [
          'export MQ_MANAGEMENT=https://NEW-BROKER',
          'read -rs -p "user:password of the new broker: " MQ_USER && export MQ_USER',
        ]
      : []),
    ...(to.has('amazon-mq-activemq') ? ['export MQ_BROKER=NAME-OF-THE-NEW-BROKER-IN-CLOUDWATCH'] : []),
  ]
}

function ending({plan, waves}: Book) {
  const later = plan.steps.filter(({when}) => when === 'cutover').length
  const queues = waves.flatMap(({flows}) => flows.flatMap(({moves}) => moves))
  return [
    {
      title: 'Set what waited for the consumers',
      say: [`Final retention and delays${later === 0 ? '' : `, and ${plural(later, 'resource')}`}.`],
      commands: ['mqlift apply --cutover --execute'],
      expect: `${code('everything is as planned')} when it is run again without ${code('--execute')}.`,
    },
    {
      title: 'Keep the proof',
      say: [`${plural(queues.length, 'queue')} must be in it.`],
      commands: ['mqlift verify', 'mqlift report'],
      expect: `${code('unexplained 0')}, and the verdict ${code('complete')} or ${code('accounted')} in report.md.`,
    },
  ]
}

function waveSections(book: Book): string[] {
  const {waves} = book
  const lines: string[] = []
  let told = 0
  for (const [index, wave] of waves.entries()) {
    if (told >= MOST_IN_FULL) {
      return [...lines, ...alike(waves.slice(index), index, book)]
    }
    told += wave.flows.length
    lines.push('', `## Window ${index + 1}`, '', ...waveIntro(wave, book))
    for (const flow of wave.flows) lines.push('', ...flowLines(flow, book))
  }
  return lines
}

function waveIntro({flows, shared}: Wave, {numbers}: Book): string[] {
  const sqs = flows.some(
    ({ordered, moves}) => ordered && moves.some(({platform}) => platform.startsWith('sqs-')),
  )
  const proof = sqs ? ', and at least 3 minutes until the counts of SQS have settled' : ''
  return [
    `Moving takes: ${duration(flows)}${proof}.`,
    ...shared.map((client) => {
      const where = flows
        .filter(({producers, consumers}) =>
          [...producers, ...consumers].some((party) => party.client === client),
        )
        .map(({id}) => numbers.get(id) ?? '')
      return `${applicationOf(client)} works on the flows ${where.join(', ')}: they switch together.`
    }),
  ]
}

function alike(waves: readonly Wave[], from: number, book: Book): string[] {
  const rows = waves.flatMap((wave, index) => wave.flows.map((flow) => overviewRow(flow, from + index, book)))
  return [
    '',
    '## The other windows',
    '',
    `${plural(rows.length, 'more flow')}, switched with the steps above that say the same order; \`--only\` takes the ids of plan.json.`,
    '',
    ...table(['Window', 'Flow', 'Order', 'Waiting', 'Moving takes', 'To be decided'], rows),
  ]
}
