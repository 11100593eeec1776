import {MqliftError} from '../errors.ts'
import {isScratch} from '../model/scratch.ts'

/** The last guard before something is emptied or removed: never what a rehearsal did not make. */
export function assertScratch(name: string): void {
  if (isScratch(name)) return
  throw new MqliftError('refused', `${name} was not made by a rehearsal: it is neither emptied nor removed`, {
    reason: 'not-scratch',
  })
}
