import type {Color} from './color.ts'
import {shownLines} from './terminal.ts'

/** The conversation of one command: stdout is the answer, stderr everything else. */
export interface Talk {
  readonly json: boolean
  /** Questions may be asked: a terminal on both sides, and neither --no-input, --json nor CI. */
  readonly interactive: boolean
  /** stderr is a terminal: a live line may be drawn. */
  readonly live: boolean
  /** For text on stderr and on stdout: they may go to different places. */
  readonly color: Color
  readonly tint: Color
  /** One remark on stderr. */
  say(text: string): void
  warn(text: string): void
  /** The result on stdout, for people: silent under --json. The text was rendered through `shown`. */
  answer(text: string): void
}

interface TalkOptions {
  readonly json: boolean
  readonly interactive: boolean
  readonly live: boolean
  readonly color: Color
  readonly tint: Color
  /** Where results for people go: nowhere under --json, aside when stdout carries events. */
  readonly answers: 'stdout' | 'stderr' | 'nowhere'
}

export function talk(options: TalkOptions): Talk {
  return {
    ...options,
    say: (text) => say(shownLines(text)),
    warn: (text) => say(`${options.color.loses('warning:')} ${shownLines(text)}`),
    answer: (text) => {
      if (options.answers !== 'nowhere')
        process[options.answers].write(text.endsWith('\n') ? text : `${text}\n`)
    },
  }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)
