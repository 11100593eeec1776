import {MqliftError} from '../errors.ts'
import type {Talk} from './talk.ts'
import {shown} from './terminal.ts'

export interface Asked {
  /** May hold a broker's words. */
  readonly question: string
  /** Allowed answers; empty or absent = free text. */
  readonly choices?: readonly string[]
  /** Read without echo. */
  readonly secret?: boolean
  /** What to type instead of answering here: flags, variables. */
  readonly instead: readonly string[]
}

/** Asks on the terminal. Where nobody can answer, the question becomes `refused` with the flag to use. */
export async function ask(
  talk: Talk,
  {question, choices = [], secret = false, instead}: Asked,
): Promise<string> {
  if (!talk.interactive) {
    throw new MqliftError('refused', `needs an answer, and nobody can be asked: ${question}`, {
      reason: 'needs-answer',
      suggestions: instead,
    })
  }
  const {createPromptModule} = await import('inquirer')
  // inquirer prints to stdout unless told otherwise; stdout is the answer and nothing else.
  const prompt = createPromptModule({output: process.stderr})
  const type = choices.length > 0 ? 'select' : secret ? 'password' : 'input'
  const listed = choices.map((value) => ({name: shown(value), value}))
  try {
    const {answer} = await prompt<{answer: string}>([
      {type, name: 'answer', message: shown(question), ...(listed.length > 0 && {choices: listed})},
    ])
    return answer
  } catch (error) {
    throw isExit(error)
      ? new MqliftError('interrupted', 'stopped at a question; answers given so far are kept')
      : error
  }
}

const isExit = (error: unknown): boolean => error instanceof Error && error.name === 'ExitPromptError'
