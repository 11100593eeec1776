import {chmod, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import type {Context} from '../../src/cli/base-command.ts'
import {redacted} from '../../src/cli/redact.ts'
import {secretFromFile, sourceSecrets} from '../../src/cli/secrets.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const context = (env: Record<string, string> = {}): Context =>
  ({env, talk: {interactive: false}}) as unknown as Context

test('a password file gives its first line', async () => {
  const path = join(await tempFolder(), 'password')
  await writeFile(path, 'pä ss\r\nsecond', {mode: 0o600})
  expect((await secretFromFile(path)).reveal()).toBe('pä ss')
})

test('a password file that others can read is refused', async () => {
  const path = join(await tempFolder(), 'password')
  await writeFile(path, 'x')
  for (const mode of [0o644, 0o640, 0o604]) {
    await chmod(path, mode)
    await expect(secretFromFile(path)).rejects.toMatchObject({
      kind: 'refused',
      suggestions: [`chmod 600 ${path}`],
    })
  }
})

test('a password file that is not there is an input error', async () => {
  await expect(secretFromFile('/nowhere/at/all')).rejects.toMatchObject({kind: 'input'})
})

test('the environment gives both passwords, the management one by default the same', async () => {
  const one = await sourceSecrets(context({MQLIFT_SOURCE_PASSWORD: 'a'}), {}, 'amqps://u@h/')
  expect([one.password?.reveal(), one.managementPassword?.reveal()]).toEqual(['a', 'a'])
  const two = await sourceSecrets(
    context({MQLIFT_SOURCE_PASSWORD: 'a', MQLIFT_MANAGEMENT_PASSWORD: 'b'}),
    {},
    'amqps://u@h/',
  )
  expect(two.managementPassword?.reveal()).toBe('b')
})

test('a user without a password is a question, and where nobody answers a refusal', async () => {
  await expect(sourceSecrets(context(), {}, 'amqps://ops@rabbit.corp/')).rejects.toMatchObject({
    kind: 'refused',
    suggestions: expect.arrayContaining(['set MQLIFT_SOURCE_PASSWORD']),
  })
  expect(await sourceSecrets(context(), {}, 'definitions.json')).toEqual({})
  expect(await sourceSecrets(context(), {}, 'amqp://localhost')).toEqual({})
  expect(await sourceSecrets(context(), {}, 'amqp://guest@127.0.0.1:5672/')).toEqual({})
})

test('a secret prints as stars', async () => {
  const {password} = await sourceSecrets(context({MQLIFT_SOURCE_PASSWORD: 'canary'}), {}, 'x')
  expect(`${String(password)} ${JSON.stringify({password})}`).not.toContain('canary')
})

test.each([
  ['amqp://u:canary@h/v', 'amqp://u@h/v'],
  ['amqp://u:can@ary@h', 'amqp://u@h'],
  ['amqp://u:can/ary@h', 'amqp://u@h'],
  ['https://h/x?token=canary#canary', 'https://h/x'],
  ['see http://a:canary@b and amqp://c:canary@d/', 'see http://a@b and amqp://c@d/'],
  ['no url: a@b', 'no url: a@b'],
])('%s is printed as %s', (text, printed) => {
  expect(redacted(text)).toBe(printed)
})
