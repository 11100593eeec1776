import type {MigrateEvent} from '../model/events.ts'
import {counted, duration, figure} from './table.ts'
import type {Talk} from './talk.ts'
import {type Status, Tally} from './tally.ts'
import {shown} from './terminal.ts'

const LIVE_EVERY = 250
/** Without a terminal: one plain line per ten seconds, for logs. */
const PLAIN_EVERY = 10_000

/** Draws a run on stderr: one live line on a terminal, a plain line now and then elsewhere. */
export interface Progress extends Disposable {
  event(event: MigrateEvent): void
}

export async function startProgress(talk: Talk, now: () => number): Promise<Progress> {
  const tally = new Tally(now)
  const line = talk.live ? await liveLine() : undefined
  const draw = (): void => {
    const text = statusLine(tally.status())
    if (line) line.text = text
    else talk.say(text)
  }
  const timer = setInterval(draw, line ? LIVE_EVERY : PLAIN_EVERY)
  timer.unref()
  return {
    event(event) {
      tally.add(event)
      const remark = remarkOf(event)
      if (remark === null) return
      line?.clear()
      talk.say(remark)
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      draw()
      line?.stop()
    },
  }
}

async function liveLine() {
  const {default: ora} = await import('ora')
  // ora would put stdin into raw mode, and Ctrl-C would no longer be a signal.
  return ora({stream: process.stderr, discardStdin: false}).start()
}

/** `12,000/50,000 moved, 24 % · 1,250/s · 2 of 3 queues · 30 s left · throttled: …`. */
export function statusLine(status: Status): string {
  const {done, total, rate, running, lanes, failed, doubt, throttled} = status
  const isNothing = total === 0 && done === 0 && lanes > 0 && running === 0
  const share = total ? `, ${Math.floor((100 * done) / total)} %` : ''
  const parts = [
    ...(isNothing
      ? [`nothing waits in ${counted(lanes, 'queue')}`]
      : [
          `${figure(done)}/${figure(total)} moved${share}`,
          `${figure(Math.round(rate))}/s`,
          `${running} of ${counted(lanes, 'queue')}`,
          timeLeft(status),
        ]),
    ...(failed > 0 ? [`${figure(failed)} failed`] : []),
    ...(doubt > 0 ? [`${figure(doubt)} in doubt`] : []),
    ...(throttled === null ? [] : [`throttled: ${shown(throttled)}`]),
  ]
  return parts.join(' · ')
}

const timeLeft = ({etaSeconds}: Status): string =>
  etaSeconds === null ? 'time left unknown yet' : `${duration(Math.ceil(etaSeconds))} left`

/** What an operator should read while it runs; the rest is in the figures. */
function remarkOf(event: MigrateEvent): string | null {
  if (event.type === 'interrupted') return `${event.move}: ${event.reason}`
  if (event.type === 'held') {
    return `${event.move}: ${counted(event.held, 'message')} held: ${event.reason}`
  }
  if (event.type === 'notice') return `${event.move}: ${event.text}`
  if (event.type === 'lane-ended' && event.outcome !== 'drained') {
    return `${event.move}: ${event.outcome}: ${event.reason}`
  }
  return null
}
