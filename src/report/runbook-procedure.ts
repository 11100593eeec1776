import type {Flow} from '../model/switching.ts'
import {code} from './escape.ts'
import {
  activemqQueues,
  brokerQueues,
  isSqs,
  oldQueues,
  only,
  sqsDepth,
  sqsMetric,
} from './runbook-commands.ts'
import type {Book, RunbookStep} from './runbook-input.ts'
import {isTapped, TAP_NO_RETURN, tapSteps} from './runbook-tap.ts'
import {addresses, changesFor, pollingExpected, readyNote} from './runbook-targets.ts'
import {whose} from './runbook-who.ts'
import {count, names, plural} from './words.ts'

/** Both sides must be the same people's idea of when; the number is the step after which nothing simply goes back. */
export interface Procedure {
  readonly steps: readonly RunbookStep[]
  /** Number of the first step that cannot be taken back by starting the old side again. */
  readonly noReturn: number
}

/** Consumers first, so that nothing waits for nobody; producers first where an order must not be mixed. */
export function procedureOf(flow: Flow, book: Book): Procedure {
  if (isTapped(flow)) return {steps: tapSteps(flow, book), noReturn: TAP_NO_RETURN}
  return flow.ordered ? producersFirst(flow, book) : consumersFirst(flow, book)
}

function consumersFirst(flow: Flow, book: Book): Procedure {
  const steps = [
    startConsumers(flow, book),
    stopConsumers(flow, book),
    bridge(flow, book),
    switchProducers(flow, book),
    drain(flow, book),
    verify(flow),
  ]
  return {steps, noReturn: 4}
}

function producersFirst(flow: Flow, book: Book): Procedure {
  const steps = [
    stopProducers(flow, book),
    stopConsumers(flow, book),
    drain(flow, book),
    verify(flow),
    startConsumers(flow, book),
    switchProducers(flow, book),
  ]
  return {steps, noReturn: 5}
}

const producers = ({producers: parties}: Flow): string => whose(parties, 'whoever owns the producers')
const consumers = ({consumers: parties}: Flow): string => whose(parties, 'whoever owns the consumers')

function startConsumers(flow: Flow, book: Book): RunbookStep {
  const {moves} = flow
  return {
    title: 'Start the consumers of the targets',
    say: [`By ${consumers(flow)}.`, `They read from ${addresses(moves, book)}.`],
    list: changesFor(sourcesOf(flow), book),
    commands: [
      ...sqsMetric('NumberOfEmptyReceives', moves, book),
      ...brokerQueues(moves),
      ...activemqQueues(moves),
    ],
    expect: pollingExpected(moves),
  }
}

function stopConsumers(flow: Flow, book: Book): RunbookStep {
  const ids = sourcesOf(flow)
  return {
    title: 'Stop the consumers of the old queues',
    say: [`By ${consumers(flow)}.`, 'What they took during the move would be missing in the account.'],
    commands: oldQueues(ids, 'consumers', book),
    expect: `0 consumers at ${names(ids, book.name, 5)}.`,
  }
}

function stopProducers(flow: Flow, book: Book): RunbookStep {
  const ids = sourcesOf(flow)
  return {
    title: 'Stop the producers',
    say: [
      `By ${producers(flow)}.`,
      'The order of what waits is kept only when nothing comes in behind it at the other side.',
    ],
    commands: oldQueues(ids, 'messages consumers', book),
    expect: `the same or fewer messages in ${names(ids, book.name, 5)} when asked again a minute later.`,
  }
}

function bridge(flow: Flow, {name}: Book): RunbookStep {
  return {
    title: 'Move what waits, and what still arrives',
    say: [
      `${waitingIn(flow)} now; producers still publish to ${names(flow.exchanges.length > 0 ? flow.exchanges : flow.queues, name, 5)}. The bridge runs until step 5 stops it; it may run beside consumers, but then the source cannot be compared.`,
    ],
    commands: [`mqlift migrate --bridge ${only(flow.moves)} --execute &`, 'mqlift control status'],
    expect: `after the time of the plan, for every move: waiting 0, failed 0; and ${code('running')}.`,
  }
}

function switchProducers(flow: Flow, book: Book): RunbookStep {
  const ids = sourcesOf(flow)
  return {
    title: 'Switch the producers to the targets',
    say: [
      `By ${producers(flow)}.`,
      ...(flow.exchanges.length === 0 ? [`They send to ${addresses(flow.moves, book)}.`] : []),
      ...readyNote(flow, book),
    ],
    list: changesFor(flow.exchanges, book, 'publishers'),
    commands: [...oldQueues(ids, 'messages', book), ...sqsMetric('NumberOfMessagesSent', flow.moves, book)],
    expect: `0 messages in the old ${ids.length === 1 ? 'queue' : 'queues'}, also a quarter of an hour later; ${flow.moves.some(isSqs) ? 'at the targets more than were moved' : 'new messages at the targets'}.`,
  }
}

/** The last of it, or all of it where the producers have stopped. */
function drain(flow: Flow, book: Book): RunbookStep {
  const ends = flow.ordered ? [] : ['Stop the bridge, then drain what is left.']
  return {
    title: flow.ordered ? 'Move what waits' : 'Drain the old queues to the end',
    say: [...ends, ...(flow.ordered ? [`${waitingIn(flow)}, ${orderOf(flow)}.`] : [])],
    commands: [
      ...(flow.ordered ? [] : ['mqlift control stop', 'wait']),
      `mqlift migrate ${only(flow.moves)} --execute`,
      ...sqsDepth(flow.ordered ? flow.moves : [], book),
    ],
    expect: `exit code 0 and ${code('unexplained 0')}; the ${flow.ordered ? 'targets hold what waited' : 'consumers of the targets take it from there'}.`,
  }
}

const orderOf = ({moves}: Flow): string => {
  const strict = moves.filter(({order}) => order === 'strict').length
  return strict === moves.length
    ? 'in its order'
    : `${plural(strict, 'queue')} of ${count(moves.length)} in order`
}

function verify(flow: Flow): RunbookStep {
  const sqs = flow.moves.some(isSqs)
  return {
    title: 'Have it proved',
    say: sqs && flow.ordered ? ['SQS counts settle after three equal readings, a minute apart.'] : [],
    // Consumers at the target make its count meaningless: nothing to wait for.
    commands: [`mqlift verify ${only(flow.moves)}${sqs && flow.ordered ? ' --wait' : ''}`],
    expect: `${plural(flow.moves.length, 'line')} with ${code('proved')}, and ${code('unexplained 0')}${flow.ordered ? '' : ' (the count at the target is not checked while consumers take from it)'}.`,
  }
}

export const sourcesOf = ({moves}: Flow): string[] => [...new Set(moves.map(({source}) => source))]

export function waitingIn({moves}: Flow): string {
  const known = moves.map(({expected}) => expected.messages).filter((messages) => messages !== null)
  const sum = known.reduce((total, messages) => total + messages, 0)
  const unknown = moves.length - known.length
  if (unknown === moves.length) return 'How much waits was not known when this was written'
  return `${plural(sum, 'message waits', 'messages wait')}${unknown === 0 ? '' : `, and an unknown number in ${plural(unknown, 'queue')}`}`
}
