import {z} from 'zod'

/** `unknown`: could not be found out. `skipped`: pointless, because a check it needs did not pass. */
export const CheckOutcome = z.enum(['ok', 'warning', 'failed', 'unknown', 'skipped'])
export type CheckOutcome = z.infer<typeof CheckOutcome>

/** What one check found. `fix` is what somebody can do or type; null when there is nothing to do. */
export const Diagnosis = z.object({
  outcome: CheckOutcome,
  evidence: z.string(),
  fix: z.string().nullable(),
})
export type Diagnosis = z.infer<typeof Diagnosis>

export const CheckResult = z.object({id: z.string(), question: z.string(), ...Diagnosis.shape})
export type CheckResult = z.infer<typeof CheckResult>

/** What `doctor --json` prints. */
export const Checkup = z.object({checks: z.array(CheckResult), counts: z.record(CheckOutcome, z.number())})
export type Checkup = z.infer<typeof Checkup>

/**
 * One check, made by whoever knows the system it asks. Changes nothing. An expected failure is a diagnosis, and so is
 * an MqliftError thrown by `run`; anything else that is thrown is a bug.
 */
export interface Probe {
  /** Stable, `<system>.<what>`: docs/doctor.md lists them, `--only` and `--except` select by them. */
  readonly id: string
  readonly question: string
  /** Ids of checks without which this one makes no sense. */
  readonly needs: readonly string[]
  run(signal: AbortSignal): Promise<Diagnosis>
}

export const ok = (evidence: string): Diagnosis => ({outcome: 'ok', evidence, fix: null})
export const warning = (evidence: string, fix: string): Diagnosis => ({outcome: 'warning', evidence, fix})
export const failed = (evidence: string, fix: string): Diagnosis => ({outcome: 'failed', evidence, fix})
export const unknown = (evidence: string, fix: string | null = null): Diagnosis => ({
  outcome: 'unknown',
  evidence,
  fix,
})
