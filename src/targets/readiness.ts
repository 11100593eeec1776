/**
 * How long AWS may take until a change is in force everywhere. AWS SQS API reference (CreateQueue, SetQueueAttributes),
 * SNS developer guide "Message filtering", read 2026-11-22.
 */
export const SETTLES_MS = {
  queueCreated: 1000,
  queueAttributes: 60_000,
  retention: 15 * 60_000,
  filterPolicy: 15 * 60_000,
} as const

/** ISO 8601 of the instant from which a change made now is in force. */
export function readyAfter(now: number, milliseconds: number): string {
  return new Date(now + milliseconds).toISOString()
}
