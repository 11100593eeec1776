import type {Body} from '../model/artefact.ts'
import {brokersIn, writesToAws} from '../model/plan-into.ts'
import type {Loss, Move, Plan, Question} from '../model/plan.ts'
import type {Rehearsal} from '../model/rehearsal.ts'
import {code, markdown, table} from './escape.ts'
import {measuredLines, ratesOf} from './plan-measured.ts'
import {flag, lasting} from './plan-words.ts'
import type {Section} from './section.ts'
import {bytes, count, type Namer, names, plural, proper} from './words.ts'

/** Rows of one table before it is cut: the rest is in plan.json. */
const MOST = 200

const open = ({open: questions}: Body<Plan>): Question[] => questions.filter(({answer}) => answer === null)
const unaccepted = ({losses}: Body<Plan>): Loss[] => losses.filter(({acceptedBy}) => acceptedBy === null)

export function summarySection(plan: Body<Plan>): Section {
  const {source, steps, moves, losses, notMoved} = plan
  const made = (kind: string): number => steps.filter((step) => step.do === kind).length
  const waiting = total(moves.map(({expected}) => expected.messages))
  const size = total(moves.map(({expected}) => expected.bytes))
  const cluster = source.clusterName === null ? '' : `, cluster ${code(source.clusterName)}`
  return {
    title: 'Summary',
    lines: [
      ...table(
        ['', ''],
        [
          ['From', `${proper(source.kind)} at ${code(source.address)}${cluster}`],
          ...intoRows(plan),
          [
            'Creates',
            `${plural(made('sqs-queue') + made('rabbitmq-queue') + made('activemq-queue'), 'queue')}, ${plural(made('sns-topic'), 'topic')}, ${plural(made('sns-subscription'), 'subscription')}`,
          ],
          ['Moves', `${plural(moves.length, 'queue')}: ${messages(waiting)}, ${sized(size)}`],
          ['Longest move', longest(moves)],
          ['Does not move', plural(notMoved.length, 'destination')],
          ['Loses', plural(losses.length, 'property of a destination', 'properties of destinations')],
          [
            'Open',
            `${plural(open(plan).length, 'question')}, ${plural(unaccepted(plan).length, 'loss', 'losses')} nobody accepted`,
          ],
        ],
      ),
      '',
      open(plan).length + unaccepted(plan).length === 0
        ? 'Nothing stands in the way: `mqlift migrate --execute` creates the resources and moves the messages.'
        : '`mqlift migrate --execute` refuses until the questions below are answered and the losses accepted.',
    ],
  }
}

function intoRows(plan: Body<Plan>): string[][] {
  const {account, region} = plan
  const brokers = brokersIn(plan).map(({engine, name, described}) => [
    'Into',
    described
      ? `${engine}, which is described in the folder target/ and made by nobody yet`
      : `${engine} at ${code(name)}`,
  ])
  const aws = ['Into', `account ${place(account)}, Region ${place(region)}`]
  return [...(writesToAws(plan) ? [aws] : []), ...brokers]
}

const place = (value: string | null): string => (value === null ? '**not known yet**' : code(value))

interface Total {
  readonly known: number
  readonly unknown: number
}

const total = (values: readonly (number | null)[]): Total => ({
  known: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
  unknown: values.filter((value) => value === null).length,
})

const also = ({unknown}: Total): string =>
  unknown === 0 ? '' : ` and an unknown number in ${unknown} of them`

function messages(sum: Total): string {
  if (sum.known === 0 && sum.unknown > 0) return 'number of messages not known'
  return `${plural(sum.known, 'message')}${also(sum)}`
}

const sized = ({known, unknown}: Total): string =>
  known === 0 && unknown > 0 ? 'size not known' : bytes(known) + (unknown === 0 ? '' : ' known')

function longest(moves: readonly Move[]): string {
  const [slowest] = moves.toSorted((a, b) => (b.estimateSeconds ?? -1) - (a.estimateSeconds ?? -1))
  return lasting(slowest?.estimateSeconds ?? null)
}

/** What cannot be taken back, and what does not survive: first, because somebody must sign for it. */
export function lossesSection(plan: Body<Plan>, name: Namer): Section {
  const destructive = [
    `- Messages are deleted from the broker once ${writesToAws(plan) ? 'AWS' : 'the target'} has confirmed them and the ledger and the archive hold them: ${plural(plan.moves.length, 'queue')}. Until then the broker keeps them.`,
  ]
  const rules = [...Map.groupBy(plan.losses, ({rule}) => rule)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    title: 'What is destroyed or lost',
    lines: [
      ...destructive,
      ...(plan.losses.length === 0 ? ['- Nothing else is lost.'] : []),
      ...rules.flatMap(([rule, losses]) => lossTable(rule, losses, name)),
    ],
  }
}

function lossTable(rule: string, losses: readonly Loss[], name: Namer): string[] {
  const missing = losses.filter(({acceptedBy}) => acceptedBy === null).length
  const rows = losses
    .slice(0, MOST)
    .map(({subject, change, reason, acceptedBy, id}) => [
      name(subject),
      change,
      markdown(reason),
      acceptedBy === null ? `**nobody yet**: ${flag('--accept', id)}` : markdown(acceptedBy),
    ])
  return [
    '',
    `### ${code(rule)}, ${plural(losses.length, 'destination')}`,
    '',
    ...(missing > 1 ? [`All of them at once: ${flag('--accept', rule)}`, ''] : []),
    ...table(['Of', 'Is', 'Because', 'Accepted by'], rows),
    ...cut(losses.length),
  ]
}

const cut = (length: number): string[] =>
  length > MOST ? ['', `${count(length - MOST)} more in plan.json.`] : []

export function questionsSection(plan: Body<Plan>, name: Namer): Section {
  const questions = open(plan)
  return {
    title: 'Questions that block the plan',
    lines:
      questions.length === 0
        ? []
        : [
            ...table(
              ['About', 'Question', 'Who', 'Answer with'],
              questions.slice(0, MOST).map((one) => questionRow(one, name)),
            ),
            ...cut(questions.length),
          ],
  }
}

function questionRow({subject, question, who, id, choices}: Question, name: Namer): string[] {
  const allowed = choices.length === 0 ? '' : ` (${choices.map(code).join(', ')})`
  const about = subject === 'aws' ? 'AWS' : name(subject)
  return [about, markdown(question) + allowed, markdown(who), flag('--answer', `${id}=VALUE`)]
}

export function movesSection({moves}: Body<Plan>, name: Namer, rehearsal?: Body<Rehearsal>): Section {
  const rates = ratesOf(rehearsal)
  const slowFirst = moves.toSorted((a, b) => (b.estimateSeconds ?? -1) - (a.estimateSeconds ?? -1))
  const strict = moves.some(({order, platform}) => order === 'strict' && platform === 'sqs-fifo')
  return {
    title: 'Moves and how long they take',
    lines:
      moves.length === 0
        ? ['No queue is moved.']
        : [
            estimated(moves),
            ...measuredLines(rehearsal),
            ...(strict
              ? [
                  '',
                  'Strict order sends one message of a group per request and waits for the answer: **33 messages a second for one group, 2.9 million a day**.',
                ]
              : []),
            '',
            ...table(
              ['From', 'To', 'Waiting', 'Size', 'Order', 'Takes'],
              slowFirst.slice(0, MOST).map((move) => moveRow(move, name, rates.get(move.source))),
            ),
            ...cut(moves.length),
          ],
  }
}

/** What durations rest on before anything was measured. */
function estimated(moves: readonly Move[]): string {
  const brokers = moves.filter(({platform}) => platform.startsWith('amazon-mq')).length
  const aws = '30 ms for a request and its answer, ten messages to a request'
  const broker = 'a rate of one queue that the pages of the brokers in docs/ give'
  const basis = [...(brokers < moves.length ? [aws] : []), ...(brokers > 0 ? [broker] : [])].join('; ')
  return `Estimated at ${basis}. Measured speed replaces the estimate during the run. Queues are moved at the same time.`
}

function moveRow(move: Move, name: Namer, rate: number | undefined): string[] {
  const delay = move.delay === undefined ? '' : `, delayed ${move.delay} s`
  return [
    name(move.source),
    code(move.target.replace(/^(?:sqs|rabbitmq|activemq)-queue:/, '')) + delay,
    count(move.expected.messages),
    bytes(move.expected.bytes),
    move.order === 'strict' ? `strict${group(move)}` : 'none',
    lasting(move.estimateSeconds) + (rate === undefined ? '' : `, measured at ${count(Math.round(rate))}/s`),
  ]
}

function group({group: rule}: Move): string {
  if (rule === undefined) return ''
  if (rule.by === 'constant') return ', one group'
  return `, by ${'name' in rule ? `${rule.by} ${code(rule.name)}` : rule.by}`
}

export function notMovedSection({notMoved}: Body<Plan>, name: Namer): Section {
  const reasons = [...Map.groupBy(notMoved, ({because}) => because)]
  return {
    title: 'Not moved',
    lines:
      notMoved.length === 0
        ? []
        : table(
            ['What stays', 'Why'],
            reasons.map(([because, list]) => [
              names(
                list.map(({subject}) => subject),
                name,
                10,
              ),
              markdown(because),
            ]),
          ),
  }
}

/** Answers that nobody had to give, because the estate says so; anybody may give another. */
export function assumedSection(plan: Body<Plan>, name: Namer): Section {
  const settled = plan.open.filter(({answer, subject}) => answer !== null && subject !== 'aws')
  return {
    title: 'Questions that are settled',
    lines:
      settled.length === 0
        ? []
        : table(
            ['About', 'Question', 'Answer', 'Change with'],
            settled.map((one) => [
              name(one.subject),
              markdown(one.question),
              code(one.answer ?? ''),
              flag('--answer', `${one.id}=VALUE`),
            ]),
          ),
  }
}
