import type {Color} from '../color.ts'
import {counted, size, table} from '../table.ts'

interface Holding {
  readonly path: string
  readonly what: string
  readonly bytes: number
}

/** Deleting is not erasing: only an encrypted disk whose key is destroyed is a sure erase (SEC-54). */
const NOT_ERASED = 'files are deleted, not erased: backups, snapshots and the disk itself may still hold them'

export function renderClean(found: readonly Holding[], removed: boolean, color: Color): string {
  if (found.length === 0) return 'nothing here holds message data'
  const rows = found.map(({path, what, bytes}) => [path, size(bytes), what])
  const heads = [
    {title: 'path', max: 80},
    {title: 'size', align: 'right'},
    {title: 'holds', max: 80},
  ] as const
  const done = removed
    ? `removed ${counted(found.length, 'item')}; ${NOT_ERASED}`
    : `would remove ${counted(found.length, 'item')}; nothing was changed`
  return [table(heads, rows), '', color.loses(done)].join('\n')
}
