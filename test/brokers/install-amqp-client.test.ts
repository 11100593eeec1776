import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {expect, onTestFinished, test} from 'vitest'

import {verify} from './install-amqp-client.ts'

test('a jar with other bytes than the pinned one is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mqlift-jar-'))
  onTestFinished(() => rmSync(folder, {recursive: true}))
  const jar = join(folder, 'some.jar')
  writeFileSync(jar, 'abc')
  const pinned = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(() => verify(jar, pinned)).not.toThrow()
  writeFileSync(jar, 'abd')
  expect(() => verify(jar, pinned)).toThrow(pinned)
})
