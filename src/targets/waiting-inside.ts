import type {Draft} from './plan-draft.ts'
import {addNotMoved} from './plan-draft.ts'

/** Delayed messages wait in a table of the plugin: no queue shows them, no API reads them (rabbitmq.md 2.2). */
export function sayWaitingInside(draft: Draft, exchange: string): void {
  addNotMoved(draft, {
    subject: exchange,
    because:
      'delayed messages that wait inside the exchange are visible to no API: keep the broker until the longest delay has passed',
  })
}
