import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {routingAttributes} from '../../src/routing/routing-attributes.ts'
import {withoutBrokers} from '../brokers/shared.ts'
import {envelopes, printed, type Vector} from '../targets/sqs/wire-vectors.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/wire-format')
const vectors: Vector[] = JSON.parse(readFileSync(join(FIXTURES, 'vectors.json'), 'utf8'))

const INSTALL = {python3: 'apt-get install python3', java: 'apt-get install default-jdk-headless'}

function run(file: string, args: readonly string[], input = ''): string {
  const {error, status, stdout, stderr} = spawnSync(file, args, {
    input,
    cwd: FIXTURES,
    encoding: 'utf8',
    env: {PATH: process.env['PATH'] ?? '', PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1'},
  })
  if (error)
    throw new Error(`${file} does not start: ${INSTALL[file as keyof typeof INSTALL]}`, {cause: error})
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`)
  return stdout
}

describe.skipIf(withoutBrokers())('what the page shows works without anything installed', () => {
  test.each([
    ['Node', process.execPath, 'decode.mjs'],
    ['Python', 'python3', 'decode.py'],
    ['Java', 'java', 'Decode.java'],
  ])('%s reads every vector back', (_, program, file) => {
    const received = JSON.stringify({Messages: vectors.map(({message}) => message)})
    const lines = run(program, [file], received).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(envelopes().map(printed))
  })

  test('a message that mqlift did not move', () => {
    const received = JSON.stringify({
      Messages: [{Body: 'x', MessageAttributes: {a: {StringValue: 'b'}}}, {Body: 'y'}],
    })
    for (const [program, file] of [
      [process.execPath, 'decode.mjs'],
      ['python3', 'decode.py'],
      ['java', 'Decode.java'],
    ] as const)
      expect(run(program, [file], received)).toBe('null\nnull\n')
  })

  const keys = ['a', 'a.b', 'a..c', '.', 'eu.order.created']
  const needed = ['n', 'rk', 'rkd', 'w0', 'w1', 'w2', 'r0', 'r1', 'r2']
  const expected = ['', ...keys].map((key) =>
    Object.fromEntries(Object.entries(routingAttributes(key)).map(([name, value]) => [name, String(value)])),
  )

  test('Python sets what the filters expect', () => {
    const script = `import json, sys, publish
for key in json.loads(sys.argv[1]):
    print(json.dumps({n: a["StringValue"] for n, a in publish.routing_attributes(key, json.loads(sys.argv[2])).items()}))`
    const lines = run('python3', ['-c', script, JSON.stringify(['', ...keys]), JSON.stringify(needed)])
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(expected)
  })

  test('Java sets what the filters expect', () => {
    const lines = run('java', ['Publish.java', ...['', ...keys].flatMap((key) => [key, needed.join(',')])])
    const read = lines
      .trimEnd()
      .split('\n')
      .map((line) =>
        Object.fromEntries(
          line
            .slice(1, -1)
            .split(', ')
            .map((pair) => pair.split('=', 2)),
        ),
      )
    expect(read).toEqual(expected)
  })
})
