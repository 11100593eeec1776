import {MqliftError} from '../../errors.ts'

/** Why a lane ends before its queue is empty. Nothing is lost by it; what is left stays at the source. */
export const ACKS_LOST = new MqliftError(
  'incomplete',
  'acknowledgements were lost again and again at the end',
  {
    reason: 'acks-lost',
    suggestions: ['run the same command again: what came back is moved, and reported as possibly repeated'],
  },
)

export const heldBack = (because: string): MqliftError =>
  new MqliftError('incomplete', because, {
    reason: 'held-back',
    suggestions: [
      'mqlift report names the reasons: accept the losses, or change the plan',
      'a larger --window holds more of them back: a quarter of it',
      'what was given back waits at the source: run the same command again to resume',
    ],
  })

export const consumersError = (because: string): MqliftError =>
  new MqliftError('refused', because, {
    reason: 'consumers',
    suggestions: ['stop the applications that read the queue, then run the same command again'],
  })
