import type {Color} from '../color.ts'
import {counted, figure} from '../table.ts'
import {bullets} from './parts.ts'

interface LedgerCheck {
  readonly sound: boolean
  readonly damage: readonly string[]
  readonly settled: number
  readonly archive: {
    readonly messages: number
    readonly matching: number
    readonly differing: number
    readonly missing: number
    readonly leftOut: number
  } | null
}

export function renderLedgerCheck({sound, damage, settled, archive}: LedgerCheck, color: Color): string {
  const compared = archive
    ? `archive: ${counted(archive.messages, 'message')}, ${figure(archive.matching)} matching, ` +
      `${figure(archive.differing)} differing, ${figure(archive.missing)} missing${leftOut(archive.leftOut)}`
    : 'archive: none, or not compared'
  return [
    `ledger: ${counted(settled, 'message')} settled`,
    compared,
    ...bullets('damage', damage, color),
    sound ? color.good('sound') : color.blocks('not sound'),
  ].join('\n')
}

const leftOut = (count: number): string =>
  count === 0 ? '' : `; ${figure(count)} not kept in it (--archive off, or removed by clean)`
