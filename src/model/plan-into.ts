import type {Plan, Step} from './plan.ts'
import {isBroker} from './platform.ts'

type Steps = Pick<Plan, 'steps'>

/** Steps that stand for a whole broker; their name is its host. */
const OF_BROKERS: Readonly<Record<string, string>> = {
  'rabbitmq-definitions': 'Amazon MQ for RabbitMQ',
  'activemq-configuration': 'Amazon MQ for ActiveMQ',
}

export interface BrokerInPlan {
  readonly engine: string
  readonly name: string
  /** It has no address yet: it is described in a file and nothing is made. */
  readonly described: boolean
}

export const brokersIn = ({steps}: Steps): BrokerInPlan[] =>
  steps.flatMap(({do: kind, name, when}) => {
    const engine = OF_BROKERS[kind]
    return engine === undefined ? [] : [{engine, name, described: when === 'by-hand'}]
  })

/** A plan that only writes to brokers belongs to no account. */
export const writesToAws = ({steps}: Steps): boolean =>
  steps.length === 0 || !steps.every(({platform}) => isBroker(platform))

/** What `apply` makes: not what is only described. */
export const makeable = ({steps}: Steps): Step[] => steps.filter(({when}) => when !== 'by-hand')
