import {MqliftError} from '../errors.ts'
import {EXIT_CODES} from './exit-codes.ts'

/**
 * The signal a command runs under. First SIGINT or SIGTERM: stop taking in, finish what is in flight, exit 130.
 * Second: exit now. Both are safe (reliability.md H1). SIGHUP counts only when a terminal was there to be lost.
 */
export function interruptible(onFirst: (signal: string) => void): {signal: AbortSignal} & Disposable {
  const controller = new AbortController()
  const attached = process.stdin.isTTY
  const stop = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP' && !attached) return
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted)
    onFirst(signal)
    controller.abort(
      new MqliftError('interrupted', `stopped by ${signal}`, {
        suggestions: ['run the same command again: it resumes where it stopped'],
      }),
    )
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, stop)
    },
  }
}
