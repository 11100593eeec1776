import {openSession, type Session} from '../../src/session/session.ts'

export interface Spoken extends Session {
  readonly said: string[]
}

const plain = (text: string): string => text

/** A session on a folder, which keeps what it is told to say. */
export function aSession(dir: string, signal: AbortSignal = new AbortController().signal): Spoken {
  const said: string[] = []
  const color = {blocks: plain, loses: plain, good: plain, context: plain, strong: plain}
  const say = (text: string): void => void said.push(text)
  const session = openSession({
    dir,
    talk: {
      json: false,
      interactive: false,
      live: false,
      color,
      tint: color,
      say,
      warn: say,
      answer: say,
    },
    signal,
    env: {},
    runId: 'run-1',
    user: 'anna',
    host: 'here',
    tool: '0.0.0',
    command: ['mqlift'],
    now: () => Date.parse('2026-11-24T12:00:00Z'),
    atEnd: () => undefined,
  })
  return {...session, said}
}
