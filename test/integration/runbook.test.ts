import {execFileSync} from 'node:child_process'

import {describe, expect, test} from 'vitest'

import {destinationId} from '../../src/model/id.ts'
import {oldQueues} from '../../src/report/runbook-commands.ts'
import type {Book} from '../../src/report/runbook-input.ts'
import {publisher} from '../brokers/messages.ts'
import {freshVhost, MAJORS, sharedRabbitmq, withoutBrokers} from '../brokers/shared.ts'

const book = {plan: {source: {kind: 'rabbitmq'}}} as Book

/** What bash makes of the command's words, in front of its pipe. */
function wordsOf(command: string): string[] {
  const script = `rabbitmqctl() { printf '%s\\0' "$@"; }; ${command.slice(0, command.indexOf(' | '))}`
  return execFileSync('bash', ['-c', script], {encoding: 'utf8'}).split('\0').slice(0, -1)
}

describe.skipIf(withoutBrokers()).each(MAJORS)('the commands of a runbook, on RabbitMQ %i', (major) => {
  test('depth and consumers of the old queues', async () => {
    const broker = await sharedRabbitmq(major)
    await using vhost = await freshVhost(broker)
    await using publish = await publisher(vhost.amqp)
    const names = ["it's", 'größe `x` | $(id)', 'plain']
    for (const name of names) {
      await publish.declare(name)
      await publish.send(name, [['1'], ['2']])
    }
    const ids = names.map((name) => destinationId('queue', vhost.name, name))
    const [command = ''] = oldQueues(ids, 'messages consumers', book)
    const printed = await broker.ctl(...wordsOf(command))
    const grep = command.slice(command.indexOf(' | ') + 3)
    const lines = execFileSync('bash', ['-c', grep], {encoding: 'utf8', input: printed}).trim().split('\n')
    expect(lines.toSorted()).toEqual(names.map((name) => `${name}\t2\t0`).toSorted())
  })
})
