import {MqliftError} from '../errors.ts'
import {
  failed,
  type CheckOutcome,
  type CheckResult,
  type Checkup,
  type Diagnosis,
  type Probe,
} from '../model/doctor.ts'

export interface DoctorOptions {
  /** Decides by id; every check runs when absent. */
  readonly selected?: (id: string) => boolean
  /** A check that takes longer has no answer. */
  readonly timeoutMs: number
  /** Called as each answer arrives, in order. */
  onResult?(result: CheckResult): void
}

/**
 * Runs the checks one after the other, so that a tired broker sees one question at a time. A check whose
 * prerequisite did not pass is skipped, and says which one that was.
 */
export async function doctor(
  probes: readonly Probe[],
  options: DoctorOptions,
  signal: AbortSignal,
): Promise<Checkup> {
  const checks: CheckResult[] = []
  for (const probe of probes.filter(({id}) => options.selected?.(id) ?? true)) {
    signal.throwIfAborted()
    const {id, question} = probe
    const result = {id, question, ...(skipped(probe, checks) ?? (await diagnose(probe, options, signal)))}
    checks.push(result)
    options.onResult?.(result)
  }
  return {checks, counts: count(checks)}
}

/** A prerequisite that was not selected is taken to hold. */
function skipped({needs}: Probe, done: readonly CheckResult[]): Diagnosis | undefined {
  const missing = done.find(({id, outcome}) => needs.includes(id) && ['failed', 'skipped'].includes(outcome))
  return missing && {outcome: 'skipped', evidence: `needs ${missing.id}`, fix: null}
}

async function diagnose(probe: Probe, {timeoutMs}: DoctorOptions, signal: AbortSignal): Promise<Diagnosis> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    return await orTimeout(probe.run(AbortSignal.any([signal, timeout])), timeout)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (timeout.aborted)
      return failed(`no answer in ${timeoutMs / 1000} s`, 'Check the network between here and there')
    if (!(error instanceof MqliftError)) throw error
    return failed(error.message, error.suggestions[0] ?? 'See the message')
  }
}

/** A probe that does not listen to its signal must not hold up the others. */
async function orTimeout(answer: Promise<Diagnosis>, timeout: AbortSignal): Promise<Diagnosis> {
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new DOMException('late', 'TimeoutError')), {once: true})
  })
  return Promise.race([answer, late])
}

function count(checks: readonly CheckResult[]): Checkup['counts'] {
  const counts: Record<CheckOutcome, number> = {ok: 0, warning: 0, failed: 0, unknown: 0, skipped: 0}
  for (const {outcome} of checks) counts[outcome] += 1
  return counts
}
