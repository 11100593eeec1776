import {code} from './escape.ts'

/** Seconds as people say them, rounded so that nobody mistakes an estimate for a promise. */
export function lasting(seconds: number | null): string {
  if (seconds === null) return 'unknown'
  if (seconds < 60) return seconds === 0 ? 'nothing waits' : 'under a minute'
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.ceil(minutes / 6) / 10
  if (hours < 48) return `${hours} h`
  return `${hours.toLocaleString('en-US')} h (${Math.ceil(hours / 2.4) / 10} days)`
}

/** A flag that can be pasted into a shell whatever the id holds (SEC-29). */
export const flag = (name: string, value: string): string => code(`${name} ${quoted(value)}`)

const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`
