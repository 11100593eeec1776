import {AMAZON_MQ_ACTIVEMQ} from './amazon-mq-activemq.ts'
import {RABBITMQ_SIZES} from './amazon-mq-sizes.ts'
import {AMAZON_MQ} from './amazon-mq.ts'
import type {Dated} from './dated.ts'
import {PRICES} from './prices.ts'
import {SNS} from './sns.ts'
import {SQS} from './sqs.ts'

export interface UsedFact {
  /** `sqs.maxMessageBytes` */
  readonly id: string
  readonly value: unknown
  readonly url: string
  readonly read: string
  readonly status: string
  readonly note: string
}

/** Every figure this version works with, for "limits used with their dates" in a report. */
export function usedFacts(): UsedFact[] {
  const groups: Record<string, Readonly<Record<string, Dated<unknown>>>> = {
    sqs: SQS,
    sns: SNS,
    'amazon-mq': AMAZON_MQ,
    'amazon-mq-rabbitmq': RABBITMQ_SIZES,
    'amazon-mq-activemq': AMAZON_MQ_ACTIVEMQ,
    prices: PRICES,
  }
  return Object.entries(groups).flatMap(([group, facts]) =>
    Object.entries(facts).map(([name, {value, url, read, status = 'confirmed', note = ''}]) => ({
      id: `${group}.${name}`,
      value,
      url,
      read,
      status,
      note,
    })),
  )
}
