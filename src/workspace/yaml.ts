import type {Document} from 'yaml'
import type {z} from 'zod'

import {MqliftError} from '../errors.ts'

/** A YAML document with its comments, or `input` with line and column. Tags are not resolved, aliases bounded (SEC-34). */
export async function parseYaml(text: string, file: string): Promise<Document> {
  const {parseDocument} = await import('yaml')
  const document = parseDocument(text, {
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    resolveKnownTags: false,
  })
  const [problem] = document.errors
  if (!problem) return document
  const at = problem.linePos?.[0]
  throw new MqliftError('input', `${file} is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`, {
    file,
    ...(at && {line: at.line, column: at.col}),
    suggestions: ['correct the file and run the command again'],
    cause: problem,
  })
}

/** The document's value, checked against its schema. */
export function yamlValue<T>(document: Document, schema: z.ZodType<T>, file: string): T {
  const result = schema.safeParse(plain(document, file))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw invalid(file, `${issue?.path.join('.') || 'document'}: ${issue?.message}`)
}

/** Bounded: a few nested aliases can otherwise stand for gigabytes. */
function plain(document: Document, file: string): unknown {
  try {
    return document.toJS({maxAliasCount: 20})
  } catch (error) {
    throw invalid(file, 'too many aliases, or an alias without an anchor', error)
  }
}

const invalid = (file: string, problem: string, cause?: unknown): MqliftError =>
  new MqliftError('input', `${file}: ${problem}`, {
    file,
    reason: 'invalid',
    suggestions: ['correct the file and run the command again'],
    cause,
  })
