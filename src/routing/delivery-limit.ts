import type {Fact} from '../model/facts.ts'
import {lowerLimit} from './effective-policy.ts'
import {type Said, saidNumber, type SettingSources} from './setting-sources.ts'
import {atLeast} from './version.ts'

/** Quorum queues only. 20 is the default from 4.0 (rabbitmq.com/docs/quorum-queues, read 2026-11-24). */
const DEFAULT_DELIVERY_LIMIT = 20

interface Limit {
  readonly said: Said<number>
  readonly at: string
}

/** The limit a quorum queue obeys; undefined when nobody can know which policy applies. */
export function deliveryLimit(sources: SettingSources): Fact<number | null> | undefined {
  if (sources.type !== 'quorum')
    return {value: null, evidence: `${sources.type} queues have no delivery limit`}
  const argument: Limit = {
    said: saidNumber(sources.arguments.get('x-delivery-limit')),
    at: `${sources.argumentsAt}.x-delivery-limit`,
  }
  const fatal = givenUpAtOnce(argument, sources)
  if (fatal || !sources.policy) return fatal
  const policy: Limit = {
    said: saidNumber(sources.policy.get('delivery-limit')),
    at: sources.policyAt('delivery-limit'),
  }
  return stricterOf(argument, policy) ?? defaultLimit(sources)
}

/** 3.10.8 gives a message up after one delivery when the argument is −1 or 0, whatever the policy says. */
function givenUpAtOnce({said, at}: Limit, {version}: SettingSources): Fact<number | null> | undefined {
  if (atLeast(version, 4) || !said || !('value' in said) || said.value > 0) return undefined
  return {value: 0, evidence: `${at} (${said.value} means one delivery before 4.0)`}
}

function stricterOf(one: Limit, other: Limit): Fact<number | null> | undefined {
  const unresolved = [one, other].find(({said}) => said && 'unresolved' in said)
  if (unresolved?.said) return {...unresolved.said, evidence: unresolved.at}
  const limits = [one, other].flatMap(({said, at}) =>
    said && 'value' in said ? [{value: said.value, at}] : [],
  )
  const [first, second] = limits
  if (!first) return undefined
  const value = second ? lowerLimit(first.value, second.value) : first.value
  return {value: Math.max(value, -1), evidence: value === first.value ? first.at : (second ?? first).at}
}

function defaultLimit(sources: SettingSources): Fact<number | null> {
  const nowhere = `${sources.argumentsAt} and ${sources.policyAt(undefined)}`
  return atLeast(sources.version, 4)
    ? {value: DEFAULT_DELIVERY_LIMIT, evidence: `${nowhere}: the default of RabbitMQ 4.0 and later`}
    : {value: null, evidence: nowhere}
}
