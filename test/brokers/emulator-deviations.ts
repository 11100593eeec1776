/**
 * Where the emulators differ from AWS, so far as our tests meet it (measured 2026-11-24). No test may rely on an
 * emulator for what it gets wrong, and none asserts that it does: these say what a suite leaves out.
 */
export interface Deviations {
  /** Characters above U+FFFF in a body are refused. AWS takes them. */
  readonly refusesEmoji: boolean
  /** There is no SNS. */
  readonly noTopics: boolean
  /** Attributes of a queue that are not kept. AWS keeps all. */
  readonly forgets: readonly string[]
}

export const FAUXQS: Deviations = {
  refusesEmoji: true,
  noTopics: false,
  forgets: [],
}

export const ELASTICMQ: Deviations = {
  refusesEmoji: false,
  noTopics: true,
  forgets: ['MessageRetentionPeriod', 'Policy'],
}
