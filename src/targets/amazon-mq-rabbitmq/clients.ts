import type {Client} from '../../model/inventory.ts'
import {atLeast, parseVersion} from '../../routing/version.ts'
import {releaseOf} from './broker.ts'
import type {Planning} from './planning.ts'
import {objectId, say} from './planning.ts'

/** Why an application cannot connect to the new broker as it connects today; null = it can. */
type Hurdle = (client: Client, planning: Planning) => {readonly to: string; readonly undo: string} | null

const HURDLES: readonly Hurdle[] = [protocol, tooOld, plain]

/** Who has to change something before the cut-over, as far as connections were seen. */
export function sayClients(planning: Planning, vhosts: readonly string[]): void {
  const {clients} = planning.draft.context.inventory
  for (const client of clients ?? []) {
    if (!vhosts.includes(client.vhost)) continue
    for (const hurdle of HURDLES) {
      const found = hurdle(client, planning)
      if (found === null) continue
      const {vhost, user, name, product, version} = client
      say(planning, {
        subject: objectId('client', vhost, name === '' ? user : name),
        field: 'client',
        from: `${[product, version].filter((part) => part !== '').join(' ') || client.protocol}, user ${user}, from ${client.hosts.join(', ') || 'unknown hosts'}`,
        ...found,
      })
    }
  }
}

/** Plugins that Amazon MQ does not have (aws-targets D7). AMQP 1.0 is there from 4.x. */
function protocol({protocol: wire}: Client, {broker}: Planning): ReturnType<Hurdle> {
  const gone = /MQTT|STOMP|stream/i.test(wire)
  const from4 = /AMQP 1/i.test(wire) && !atLeast(releaseOf(broker), 4)
  if (!gone && !from4) return null
  return {
    to: `cannot connect: Amazon MQ for RabbitMQ ${broker.version} does not speak ${wire}`,
    undo: 'let it speak AMQP 0-9-1, or send it to a platform that speaks its protocol',
  }
}

/** RabbitMQ 4.1 and later refuse a frame_max below 8,192 before the login (aws-targets D8, rabbitmq.md 1.5). */
function tooOld({product, version}: Client, {broker}: Planning): ReturnType<Hurdle> {
  const patch = /^0\.10\.(\d+)/.exec(version)?.[1]
  const isOld =
    product === 'amqplib' &&
    version !== '' &&
    (patch === undefined ? !atLeast(parseVersion(version), 0, 11) : Number(patch) < 7)
  if (!isOld || !atLeast(releaseOf(broker), 4, 1)) return null
  return {
    to: `cannot connect: RabbitMQ ${broker.version} refuses the frames that it asks for`,
    undo: 'amqplib 0.10.7 or later; it works with the old broker, too',
  }
}

function plain({tls, protocol: wire}: Client): ReturnType<Hurdle> {
  if (tls !== false || !wire.startsWith('AMQP')) return null
  return {to: 'needs TLS: Amazon MQ listens at amqps, port 5671, alone', undo: 'amqps:// and a trust store'}
}
