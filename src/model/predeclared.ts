/** Exchanges that every virtual host has from birth (rabbitmq.com/docs/exchanges, read 2026-11-24). */
const PREDECLARED: ReadonlySet<string> = new Set([
  '',
  'amq.direct',
  'amq.fanout',
  'amq.headers',
  'amq.match',
  'amq.rabbitmq.trace',
  'amq.topic',
])

/** True for what exists whether anybody uses it or not: counts leave these out. */
export function isPredeclaredExchange(name: string): boolean {
  return PREDECLARED.has(name)
}
