import {hash} from 'node:crypto'

import type {Envelope, Typed} from '../../model/envelope.ts'
import type {RoutingRule} from '../../model/plan.ts'
import {routingAttributes} from '../../routing/routing-attributes.ts'
import {groupOf} from '../sqs/group.ts'
import {isLegalValue} from '../sqs/legal.ts'
import {parseGroup} from '../sqs/plan-group.ts'
import type {WireAttribute} from '../sqs/wire.ts'

/**
 * The attributes that subscriptions of a topic filter by, as its publishers set them (docs/routing.md); or why a
 * message cannot have them. Without them SNS would drop it without a word. Pure.
 */
export function filteredBy(
  rules: readonly RoutingRule[],
): (envelope: Envelope) => readonly WireAttribute[] | string {
  return (envelope) => {
    const ofKey = routingAttributes(envelope.source.routingKey ?? '')
    const attributes: WireAttribute[] = []
    for (const rule of rules) {
      const value = valueOf(rule, envelope, ofKey)
      if (value === undefined) continue
      if (!isLegalValue(value[0])) return refusal(rule)
      attributes.push([rule.attribute, ...value])
    }
    return attributes
  }
}

type Value = readonly [text: string, type?: 'Number']

function valueOf(
  rule: RoutingRule,
  envelope: Envelope,
  ofKey: Readonly<Record<string, string | number>>,
): Value | undefined {
  if (rule.by === 'shard') return [String(shardOf(rule, envelope))]
  if (rule.by === 'header') {
    const found = envelope.headers.find(([name]) => name === rule.header)
    return found && headerValue(found[1])
  }
  const value = ofKey[rule.attribute]
  if (value === undefined) return undefined
  return typeof value === 'number' ? [String(value), 'Number'] : [value]
}

/** SNS takes no empty values, and filters can only ask whether such a header is there. */
const PRESENT = '(present)'

/** Numbers and words as filters compare them; anything else is only there. */
function headerValue({t, v}: Typed): Value {
  if (t === 'S' && typeof v === 'string') return [v === '' ? PRESENT : v]
  if (t === 't') return [String(v)]
  if (t === 'D') return numeric(v.digits / 10 ** v.scale)
  return typeof v === 'number' || typeof v === 'bigint' ? numeric(Number(v)) : [PRESENT]
}

/** SNS compares up to 10^9 with five decimals (AWS SNS developer guide, filter policy constraints, 2026-11-24). */
const MOST = 1e9
const DECIMALS = 5

function numeric(value: number): Value {
  const rounded = Number(value.toFixed(DECIMALS))
  const exact = Math.abs(value) <= MOST && Math.abs(value - rounded) < 10 ** -(DECIMALS + 1)
  return exact ? [rounded.toFixed(DECIMALS).replace(/\.?0+$/, ''), 'Number'] : [PRESENT]
}

/**
 * Which of the readers of a hash exchange. Not the broker's own ring, which nobody outside it knows: equal input, equal
 * reader. Drawn by the message itself, so that a second attempt goes to the same one.
 */
function shardOf({hashOn, count}: RoutingRule & {by: 'shard'}, envelope: Envelope): number {
  const by = parseGroup(hashOn, {by: 'constant', value: ''})
  const input = by === null ? drawn(envelope) : groupOf(by, envelope)
  return hash('sha256', input, 'buffer').readUInt32BE(0) % count
}

const drawn = ({properties, body}: Envelope): Buffer =>
  Buffer.concat([Buffer.from(properties.messageId ?? ''), body])

function refusal(rule: RoutingRule): string {
  const what = rule.by === 'header' ? `header ${rule.header}` : 'routing key'
  return `its ${what} has characters that SNS takes in no attribute, and subscriptions filter by it`
}
