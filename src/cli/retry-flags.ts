import {awsFlags, decisionFlags, executeFlag, selectionFlags, sourceFlags, targetFlags} from './flags.ts'
import {moveFlags} from './move-flags.ts'

const {'allow-emulator': allowEmulator, rate, window, archive, events, 'skip-failed': skipFailed} = moveFlags

/** Everything `retry` takes: it is `migrate` for what is left. */
export const retryFlags = {
  ...executeFlag,
  ...selectionFlags,
  ...decisionFlags,
  'allow-emulator': allowEmulator,
  rate,
  window,
  archive,
  events,
  'skip-failed': skipFailed,
  ...awsFlags,
  ...targetFlags,
  ...sourceFlags,
}
