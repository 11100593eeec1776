/** What `migrate` tells while it runs. `--events` prints them as JSON lines; the status line is made from them. */
export type MigrateEvent =
  | {
      readonly type: 'lane-started'
      readonly move: string
      readonly depth: number | null
      readonly window: number
    }
  | {
      readonly type: 'progress'
      readonly move: string
      readonly received: number
      readonly sent: number
      readonly settled: number
      readonly failed: number
      readonly doubt: number
      /** Messages still waiting at the source, as last read; null = unknown. */
      readonly waiting: number | null
    }
  | {readonly type: 'throttled'; readonly move: string; readonly reason: string}
  | {readonly type: 'resumed'; readonly move: string}
  | {readonly type: 'interrupted'; readonly move: string; readonly reason: string}
  | {readonly type: 'held'; readonly move: string; readonly reason: string; readonly held: number}
  | {readonly type: 'notice'; readonly move: string; readonly text: string}
  | {
      readonly type: 'lane-ended'
      readonly move: string
      readonly outcome: 'drained' | 'stopped' | 'paused' | 'failed'
      readonly reason: string
    }
