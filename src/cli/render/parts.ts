import type {NotRead} from '../../model/inventory.ts'
import type {Color} from '../color.ts'
import {figure} from '../table.ts'
import {shown} from '../terminal.ts'

/** A terminal is no place for ten thousand lines: the artefact has them all. */
export const MOST = 40

/** A titled list with its count, empty when there is nothing to list. */
export function bullets(title: string, items: readonly string[], color: Color, most = 10): string[] {
  if (items.length === 0) return []
  const lines = items.slice(0, most).map((item) => `  - ${shown(item)}`)
  return [
    '',
    `${color.strong(title)} (${figure(items.length)})`,
    ...lines,
    ...more(items.length, most, color),
  ]
}

/** Says how many were left out, so that nothing is silently absent. */
export function more(all: number, most: number, color: Color): string[] {
  return all > most ? [color.context(`  … and ${figure(all - most)} more: see the JSON`)] : []
}

export function notRead(items: readonly NotRead[], color: Color): string[] {
  const texts = items.map(({what, missingRight, command}) =>
    [what, missingRight, command].filter((part) => part !== '').join(': '),
  )
  return bullets('not checked', texts, color)
}
