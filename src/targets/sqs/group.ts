import {hash} from 'node:crypto'

import type {Envelope, Typed} from '../../model/envelope.ts'
import type {GroupRule} from '../../model/plan.ts'
import {packValue} from '../packed-value.ts'

/** 1..128 alphanumeric or ASCII punctuation characters, no spaces (AWS API reference SendMessage, 2026-11-22). */
const LEGAL_GROUP = /^[\u0021-\u007e]{1,128}$/
/** Ours, so that a made id can never equal a value taken as it is: the same group ↔ the same id. */
const MADE = 'mqlift:'
/** Messages without the value share one group: the source kept them in order too. */
const NO_VALUE = `${MADE}none`

/** The message group of a message. A value that SQS would refuse is hashed; the original stays in the message. */
export function groupOf(rule: GroupRule, envelope: Envelope): string {
  const value = valueOf(rule, envelope)
  if (value === undefined || value === '') return NO_VALUE
  if (LEGAL_GROUP.test(value) && !value.startsWith(MADE)) return value
  return MADE + hash('sha256', value, 'base64url')
}

function valueOf(rule: GroupRule, envelope: Envelope): string | undefined {
  if (rule.by === 'constant') return rule.value
  if (rule.by === 'routing-key') return envelope.source.routingKey
  if (rule.by === 'source-group') return envelope.group
  if (rule.by === 'property') return propertyNamed(rule.name, envelope)
  const header = envelope.headers.find(([name]) => name === rule.name)
  return header && textOf(header[1])
}

function propertyNamed(name: string, {properties}: Envelope): string | undefined {
  // AMQP says message_id, people say message-id, the envelope says messageId.
  const wanted = name.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const found = Object.entries(properties).find(([own]) => own === wanted)
  return found && String(found[1])
}

/** Equal values give equal text: the same packed form that the message carries. */
function textOf(value: Typed): string {
  return value.t === 'S' && typeof value.v === 'string' ? value.v : JSON.stringify(packValue(value)[1])
}
