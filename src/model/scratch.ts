/** What a rehearsal makes is called like this, so that a person and a policy can tell it from what stays. */
const SCRATCH = 'mqlift-rehearsal-'

/** In front of every name of one rehearsal: short, because names have 80 characters in all. */
export const scratchPrefix = (runId: string): string =>
  `${SCRATCH}${runId.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 8)}-`

/** Whether a rehearsal made something of this name. */
export const isScratch = (name: string): boolean => /^mqlift-rehearsal-[A-Za-z0-9]{8}-./.test(name)
