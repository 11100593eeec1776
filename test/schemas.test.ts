import {readdirSync} from 'node:fs'
import {resolve} from 'node:path'

import {expect, test} from 'vitest'
import {z} from 'zod'

import {Failure} from '../src/cli/failure.ts'
import {Config, Decisions} from '../src/model/decisions.ts'
import {Observation} from '../src/model/inventory.ts'
import {ARTEFACTS} from '../src/workspace/artefacts.ts'
import {Connection} from '../src/workspace/connection.ts'
import {Runs} from '../src/workspace/runs.ts'

const FOLDER = resolve(import.meta.dirname, '../docs/schemas')

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  ...Object.fromEntries(Object.entries(ARTEFACTS).map(([kind, {schema}]) => [kind, schema])),
  config: Config,
  connection: Connection,
  decisions: Decisions,
  error: z.object({error: Failure}),
  observation: Observation,
  run: Runs,
}

// Rewrite them with `npm run schemas`, and note the change in CHANGELOG.
test.each(Object.entries(SCHEMAS))(
  'docs/schemas/%s.json is what the code reads and writes',
  async (name, schema) => {
    // A consumer must ignore fields it does not know: no `additionalProperties: false`.
    const text = JSON.stringify(z.toJSONSchema(schema, {io: 'input'}), null, 2)
    await expect(`${text}\n`).toMatchFileSnapshot(`${FOLDER}/${name}.json`)
  },
)

test('docs/schemas holds nothing else', () => {
  expect(readdirSync(FOLDER).toSorted()).toEqual(
    Object.keys(SCHEMAS)
      .map((name) => `${name}.json`)
      .toSorted(),
  )
})
