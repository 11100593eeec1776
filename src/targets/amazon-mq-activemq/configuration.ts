import {CONSOLE, MOVER} from './plan-rights.ts'
import type {ActivemqConfigurationSettings, Composite, QueuePolicy, Right} from './steps.ts'
import type {XmlElement} from './whitelist.ts'

/** The broker element that Amazon MQ is given. */
export function brokerElement(settings: ActivemqConfigurationSettings): XmlElement {
  return {
    name: 'broker',
    attributes: {xmlns: 'http://activemq.apache.org/schema/core'},
    children: [
      ...(settings.composites.length > 0 ? [interceptors(settings.composites)] : []),
      policies(settings.policies),
      {name: 'destinations', children: settings.queues.map((physicalName) => queue(physicalName))},
      {name: 'plugins', children: [authorization(settings), {name: 'statisticsBrokerPlugin'}]},
    ],
  }
}

const queue = (physicalName: string): XmlElement => ({name: 'queue', attributes: {physicalName}})

function interceptors(composites: readonly Composite[]): XmlElement {
  const virtual = composites.map(({kind, name, forwards}): XmlElement => ({
    name: kind === 'topic' ? 'compositeTopic' : 'compositeQueue',
    attributes: {name},
    children: [{name: 'forwardTo', children: forwards.map(forward)}],
  }))
  const interceptor = {
    name: 'virtualDestinationInterceptor',
    children: [{name: 'virtualDestinations', children: virtual}],
  }
  return {name: 'destinationInterceptors', children: [interceptor]}
}

function forward({queue: to, selector}: Composite['forwards'][number]): XmlElement {
  return selector === null ? queue(to) : {name: 'filteredDestination', attributes: {queue: to, selector}}
}

/** Rejected and expired messages are kept, each queue's in its own; a queue unused for a while is not deleted. */
function policies(queues: readonly QueuePolicy[]): XmlElement {
  const entries = queues.filter(
    ({prioritized, exclusive, deadLetterQueue}) => prioritized || exclusive || deadLetterQueue !== null,
  )
  return {
    name: 'destinationPolicy',
    children: [
      {
        name: 'policyMap',
        children: [
          {
            name: 'policyEntries',
            children: [policy('>', individual, {}), ...entries.map(ownPolicy)],
          },
        ],
      },
    ],
  }
}

const KEPT = {processExpired: 'true', processNonPersistent: 'true'}

const individual: XmlElement = {
  name: 'individualDeadLetterStrategy',
  attributes: {queuePrefix: 'DLQ.', ...KEPT},
}

function ownPolicy({queue: name, prioritized, exclusive, deadLetterQueue}: QueuePolicy): XmlElement {
  const strategy: XmlElement =
    deadLetterQueue === null
      ? individual
      : {
          name: 'sharedDeadLetterStrategy',
          attributes: KEPT,
          children: [{name: 'deadLetterQueue', children: [queue(deadLetterQueue)]}],
        }
  return policy(name, strategy, {
    ...(prioritized && {prioritizedMessages: 'true'}),
    ...(exclusive && {allConsumersExclusiveByDefault: 'true'}),
  })
}

function policy(name: string, strategy: XmlElement, more: Readonly<Record<string, string>>): XmlElement {
  return {
    name: 'policyEntry',
    attributes: {queue: name, ...more},
    children: [{name: 'deadLetterStrategy', children: [strategy]}],
  }
}

const open = (who: string): Record<string, string> => ({read: who, write: who, admin: who})

/** Entries add up: a right is given by any entry that matches. Everybody needs the advisories. */
function authorization({rights, users}: ActivemqConfigurationSettings): XmlElement {
  const everybody = [CONSOLE, ...new Set(users.flatMap(({groups}) => groups))].join(',')
  const all = `${CONSOLE},${MOVER}`
  const entries: XmlElement[] = [
    {name: 'authorizationEntry', attributes: {queue: '>', ...open(all)}},
    {name: 'authorizationEntry', attributes: {topic: '>', ...open(all)}},
    {name: 'authorizationEntry', attributes: {topic: 'ActiveMQ.Advisory.>', ...open(everybody)}},
    ...rights.map(entry),
  ]
  const temporary: XmlElement = {name: 'tempDestinationAuthorizationEntry', attributes: open(everybody)}
  return {
    name: 'authorizationPlugin',
    children: [
      {
        name: 'map',
        children: [
          {
            name: 'authorizationMap',
            children: [
              {name: 'authorizationEntries', children: entries},
              {name: 'tempDestinationAuthorizationEntry', children: [temporary]},
            ],
          },
        ],
      },
    ],
  }
}

function entry({kind, name, read, write, admin}: Right): XmlElement {
  const given = Object.entries({read, write, admin}).filter(([, groups]) => groups.length > 0)
  return {
    name: 'authorizationEntry',
    attributes: {
      [kind]: name,
      ...Object.fromEntries(given.map(([right, groups]) => [right, groups.join(',')])),
    },
  }
}
