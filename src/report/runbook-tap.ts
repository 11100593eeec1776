import {parseId} from '../model/id.ts'
import {word} from '../model/shell.ts'
import type {Flow} from '../model/switching.ts'
import {code} from './escape.ts'
import {only} from './runbook-commands.ts'
import type {Book, RunbookStep} from './runbook-input.ts'
import {changesFor} from './runbook-targets.ts'
import {whose} from './runbook-who.ts'
import {count, names} from './words.ts'

/** A topic is fed by a tap until its publishers feed it. */
export const isTapped = ({moves}: Flow): boolean => moves.some(({tap}) => tap !== undefined)

/** The number of the step after which the old side misses something. */
export const TAP_NO_RETURN = 4

export function tapSteps(flow: Flow, book: Book): RunbookStep[] {
  const {exchanges, moves, producers, consumers} = flow
  const {name} = book
  const taps = moves.flatMap(({source, tap}) => (tap === undefined ? [] : [{source, most: tap.most}]))
  return [
    {
      title: 'Subscribe the new consumers to the topic',
      say: [
        `By ${whose(consumers, 'whoever owns the subscribers')}, with raw delivery and the filter policy of the plan.`,
      ],
      list: changesFor(exchanges, book),
      commands: topics(flow, book).flatMap((topic) => [
        `topic=$(aws sns list-topics --query ${word(`Topics[?ends_with(TopicArn, ':${topic}')].TopicArn`)} --output text)`,
        'aws sns list-subscriptions-by-topic --topic-arn "$topic" --query \'Subscriptions[].Endpoint\' --output text',
      ]),
      expect:
        'a queue for every subscriber. Without one the bridge does not start: what is sent to a topic without subscribers is gone.',
    },
    {
      title: 'Start the bridge',
      say: [
        `It binds ${names(
          taps.map(({source}) => source),
          name,
        )} to ${names(exchanges, name)} and sends copies to the topic. A tap holds ${taps.map(({most}) => count(most)).join(', ')} messages; when it is full the bridge ends with exit code 6 and says how many were given up.`,
      ],
      commands: [`mqlift migrate --bridge ${only(moves)} --execute &`, 'mqlift control status'],
      expect: `waiting near 0, failed 0, and ${code('running')}.`,
    },
    {
      title: 'Stop the old subscribers',
      say: [
        `By ${whose(consumers, 'whoever owns the subscribers')}. Until then both sides get every message.`,
      ],
      commands: tapQueues(flow, book),
      expect: 'the taps, with consumers; the new consumers process what they get.',
    },
    {
      title: 'Switch the producers to the topic',
      say: [`By ${whose(producers, 'whoever owns the producers')}.`],
      list: changesFor(exchanges, book, 'publishers'),
      commands: ['mqlift control status'],
      expect: 'received does not grow any more within a quarter of an hour.',
    },
    {
      title: 'End the bridge',
      say: ['The taps are unbound, read empty, and removed.'],
      commands: ['mqlift control stop', 'wait', ...tapQueues(flow, book)],
      expect: 'no tap in the list, and `unexplained 0` in what the bridge said last.',
    },
  ]
}

const topics = ({moves}: Flow, {steps}: Book): string[] =>
  moves.map(({target}) => steps.get(target)?.name ?? target.slice(target.indexOf(':') + 1))

const tapQueues = ({moves}: Flow, {plan}: Book): string[] =>
  plan.source.kind !== 'rabbitmq'
    ? []
    : moves
        .map(({source}) => parseId(source))
        .map(
          ({vhost, name}) =>
            `rabbitmqctl list_queues --quiet --vhost ${word(vhost)} name messages consumers | grep -F -e ${word(name)}`,
        )

export const tapWayBack: readonly string[] = [
  `Step ${TAP_NO_RETURN}: from then on producers send messages that the old side never had.`,
  '',
  '- Before it: `mqlift control stop`, and stop the new consumers. Nothing has to come back: the tap copied, and the queues of the exchange got every message.',
  '- After it: producers publish to the exchange again. What is in the queues of the topic meanwhile has to be consumed there: messages cannot be taken back from a topic.',
]
