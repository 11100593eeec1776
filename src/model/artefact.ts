import {z} from 'zod'

/**
 * The head of every file a stage writes. `inputs` names the artefacts it was made from and the content hash
 * each had then (workspace/hash.ts), so that a stale file can be refused.
 */
export const artefact = <Name extends string, Version extends number, Shape extends z.ZodRawShape>(
  name: Name,
  version: Version,
  shape: Shape,
) =>
  z.object({
    kind: z.literal(`mqlift/${name}`),
    version: z.literal(version),
    inputs: z.record(z.string(), z.string()),
    ...shape,
  })

/** An artefact as a stage makes it: the workspace adds the head when it writes the file. */
export type Body<A> = Omit<A, 'kind' | 'version' | 'inputs'>
