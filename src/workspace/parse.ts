import type {z} from 'zod'

import {MqliftError} from '../errors.ts'
import {type Artefact, ARTEFACTS, type Kind} from './artefacts.ts'
import {isJson, type Json} from './json.ts'
import {upgraded} from './upgrades.ts'

/** A JSON object from text, or `input` with line and column. */
export function parseJson(text: string, file: string): Json {
  const value = valueIn(text, file)
  if (isJson(value)) return value
  throw new MqliftError('input', `${file} does not hold a JSON object`, {file})
}

/** What mqlift noted for itself in a file. `what`: what is lost when nobody can read it. */
export function parseState<T>(schema: z.ZodType<T>, text: string, file: string, what: string): T {
  const result = schema.safeParse(valueIn(text, file))
  if (result.success) return result.data
  throw new MqliftError('input', `${file} is damaged: it names ${what}`, {
    file,
    suggestions: ['restore the migration folder from a copy'],
  })
}

function valueIn(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MqliftError('input', `${file} is not valid JSON`, {
      file,
      ...positionOf(error, text),
      suggestions: ['restore the file, or run the stage that writes it again'],
      cause: error,
    })
  }
}

/** V8 says "at position 17" or "(line 2 column 5)"; the text is the only place where it does. */
function positionOf(error: unknown, text: string): {line?: number; column?: number} {
  const offset = /position (\d+)/.exec(String(error))?.[1]
  const before = offset === undefined ? undefined : text.slice(0, Number(offset)).split('\n')
  return before ? {line: before.length, column: (before.at(-1) ?? '').length + 1} : {}
}

/** Checks kind and version, upgrades older ones, and parses: after this the types are trusted. */
export function parseArtefact<K extends Kind>(kind: K, raw: Json, file: string): Artefact<K> {
  const {version, schema, run} = ARTEFACTS[kind]
  if (raw['kind'] !== `mqlift/${kind}`) {
    throw new MqliftError('input', `${file} is not a mqlift ${kind}`, {
      file,
      reason: 'wrong-kind',
      suggestions: [`run ${run} to write it`],
    })
  }
  if (typeof raw['version'] === 'number' && raw['version'] > version) {
    throw new MqliftError(
      'input',
      `${file} was written by a newer mqlift (${kind} version ${raw['version']})`,
      {
        file,
        reason: 'newer-version',
        suggestions: ['install the newer mqlift', `or run ${run} with this one, in another folder`],
      },
    )
  }
  const result = schema.safeParse(upgraded(kind, raw))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new MqliftError('input', `${file} is damaged: ${issue?.path.join('.')}: ${issue?.message}`, {
    file,
    reason: 'invalid',
    suggestions: [`run ${run} to write it again`],
  })
}
