import {z} from 'zod'

/** What `mqlift control` asks of a running `migrate`: one JSON line, answered by one. */
export const ControlRequest = z.discriminatedUnion('do', [
  z.object({do: z.literal('status')}),
  z.object({do: z.literal('pause'), why: z.string().nullable()}),
  z.object({do: z.literal('resume')}),
  /** Messages per second over all moves; null = as fast as the target takes them. */
  z.object({do: z.literal('rate'), perSecond: z.number().int().min(1).nullable()}),
  z.object({do: z.literal('stop')}),
])
export type ControlRequest = z.infer<typeof ControlRequest>

export const ControlledMove = z.object({
  move: z.string(),
  /** `running`, or how it ended. */
  state: z.enum(['running', 'drained', 'stopped', 'paused', 'failed']),
  /** Why it waits or how it ended; null = nothing to say. */
  because: z.string().nullable(),
  received: z.number(),
  sent: z.number(),
  /** Acknowledged, and seen to be: on quorum queues that is known a window later. */
  settled: z.number(),
  failed: z.number(),
  doubt: z.number(),
  /** Still at the source, as last read; null = unknown. */
  waiting: z.number().nullable(),
})
export type ControlledMove = z.infer<typeof ControlledMove>

export const ControlStatus = z.object({
  kind: z.literal('mqlift/control'),
  run: z.string(),
  pid: z.number(),
  since: z.string(),
  bridge: z.boolean(),
  /** Why nothing is sent for now; null = it is. */
  paused: z.string().nullable(),
  stopping: z.boolean(),
  rate: z.number().nullable(),
  moves: z.array(ControlledMove),
})
export type ControlStatus = z.infer<typeof ControlStatus>

export const ControlReply = z.union([ControlStatus, z.object({refused: z.string()})])
