import {MqliftError} from '../errors.ts'

export interface FirstHostOptions {
  readonly signal?: AbortSignal | undefined
  /** The other hosts would say the same, and asking them all only locks accounts. */
  readonly isFinal: (error: MqliftError) => boolean
}

/** What the first host that answers gives, in the order given. Throws what the first one failed with. */
export async function firstHost<Host, T>(
  hosts: readonly Host[],
  attempt: (host: Host) => Promise<T>,
  {signal, isFinal}: FirstHostOptions,
): Promise<T> {
  let failure: MqliftError | undefined
  for (const host of hosts) {
    signal?.throwIfAborted()
    try {
      return await attempt(host)
    } catch (error) {
      if (signal?.aborted || !(error instanceof MqliftError) || isFinal(error)) throw error
      failure ??= error
    }
  }
  throw failure ?? new MqliftError('usage', 'No broker address')
}
