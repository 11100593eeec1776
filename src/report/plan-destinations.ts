import type {Body} from '../model/artefact.ts'
import type {Change, Plan, Step} from '../model/plan.ts'
import {code, markdown} from './escape.ts'
import type {Section} from './section.ts'
import type {Namer} from './words.ts'

/** What becomes of each destination, and what changes for the people who use it. */
export function destinationsSection(plan: Body<Plan>, name: Namer): Section {
  const changes = Map.groupBy(plan.changes, ({subject}) => subject)
  const steps = stepsBySubject(plan)
  const subjects = [...new Set([...steps.keys(), ...changes.keys()])].toSorted()
  return {
    title: 'Per destination',
    lines: subjects.flatMap((subject) => [
      ...(subject === subjects[0] ? attributes(plan) : ['']),
      `### ${kindOf(subject)}${name(subject)}`,
      '',
      ...(steps.get(subject) ?? []).map((step) => `- ${becomes(step)}`),
      // A new name is in the line above already.
      ...new Set(
        (changes.get(subject) ?? [])
          .filter(({field}) => field !== 'name')
          .map((change) => `- ${changed(change)}`),
      ),
    ]),
  }
}

/** What the short names in filter policies are (routing-attributes.ts). */
const attributes = ({steps}: Body<Plan>): string[] =>
  steps.some(({do: kind}) => kind === 'sns-topic')
    ? [
        'Topics select by message attributes that publishers set: `rk` is the routing key, `n` the number of its words. docs/routing.md explains them all, docs/wire-format.md has code for publishers.',
        '',
      ]
    : []

const KINDS: Readonly<Record<string, string>> = {exchange: 'Exchange ', queue: 'Queue ', stream: 'Stream '}

/** A policy, a user, the broker itself: their ids say what they are. */
const kindOf = (id: string): string => KINDS[id.split(':')[0] ?? ''] ?? ''

/** A subscription belongs to its topic's exchange; the queue is named in it. What is for a whole broker is the broker's. */
const stepsBySubject = ({steps}: Body<Plan>): Map<string, Step[]> =>
  Map.groupBy(
    steps.filter((step) => step.do !== 'sqs-policy'),
    (step) => (FOR_BROKERS.has(step.do) ? `broker:${step.name}` : (step.for[0] ?? '')),
  )

const FOR_BROKERS = new Set(['rabbitmq-definitions', 'activemq-configuration'])

function becomes({do: kind, name, settings, when}: Step): string {
  if (FOR_BROKERS.has(kind))
    return when === 'by-hand'
      ? 'what it is to hold is in the folder target/; nothing is made until it has an address in mqlift.yaml'
      : 'gets what is in the folder target/'
  if (kind === 'rabbitmq-queue') return 'queue of the same name, in the virtual host of the same name'
  if (kind === 'sns-topic') return `becomes topic ${code(name)}`
  if (kind === 'sns-subscription')
    return `delivers to ${code(name.split('>').at(-1) ?? name)}: ${filter(settings)}`
  return `queue ${code(name)}${redrive(settings)}`
}

function filter({filterPolicy}: Step['settings']): string {
  return filterPolicy === null || filterPolicy === undefined
    ? 'everything'
    : code(JSON.stringify(filterPolicy))
}

/** Settings are opened by their folder only; these two are looked at without being trusted. */
function redrive({redrive: settings}: Step['settings']): string {
  if (typeof settings !== 'object' || settings === null) return ''
  const into = 'deadLetterStep' in settings ? String(settings.deadLetterStep) : ''
  const receives = 'maxReceiveCount' in settings ? String(settings.maxReceiveCount) : ''
  return `, dead letters to ${code(into.replace(/^sqs-queue:/, ''))} after ${markdown(receives)} receives`
}

const changed = ({field, from, to, undo}: Change): string =>
  `${markdown(field)}: ${markdown(from)} → ${markdown(to)} (back: ${markdown(undo)})`
