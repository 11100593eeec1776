import {MqliftError} from '../../errors.ts'

/** How many messages of a queue are copied. */
export interface Sample {
  readonly text: string
  of(ready: number): number
}

/** Enough to measure a rate and to see the odd message, without holding a backlog back for long. */
const USUAL_SHARE = 0.1
const USUAL_LEAST = 1000
/** What a consumer may hold unacknowledged: a 16-bit number, and 0 would mean no bound (AMQP 0-9-1, basic.qos). */
const MOST = 65_535

export function parseSample(text: string | undefined): Sample {
  if (text === undefined) {
    return {
      text: `10%, at least ${USUAL_LEAST}`,
      of: (ready) => bounded(Math.max(ready * USUAL_SHARE, USUAL_LEAST), ready),
    }
  }
  const [, number = '', percent] = /^(\d+(?:\.\d+)?)(%)?$/.exec(text) ?? []
  const value = Number(number)
  const sensible =
    number !== '' && value > 0 && (percent === undefined ? Number.isInteger(value) : value <= 100)
  if (!sensible) {
    throw new MqliftError('usage', `--sample ${text} is neither a share nor a number of messages`, {
      suggestions: ['--sample 10%', '--sample 500'],
    })
  }
  return {text, of: (ready) => bounded(percent === undefined ? value : (ready * value) / 100, ready)}
}

/** At least one of what there is. */
const bounded = (wanted: number, ready: number): number =>
  Math.min(Math.max(1, Math.ceil(wanted)), ready, MOST)
