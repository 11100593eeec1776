import {globMatches} from '../cli/selection.ts'
import {MqliftError} from '../errors.ts'
import {type CheckResult, type Checkup, type Probe, unknown} from '../model/doctor.ts'
import {valueOf} from '../model/facts.ts'
import {sourceProbes} from '../sources/index.ts'
import {doctor} from '../stages/doctor.ts'
import {awsProbes} from '../targets/index.ts'
import {readConfig} from '../workspace/config.ts'
import {lastObservation} from '../workspace/observations.ts'
import {machineProbes} from '../workspace/probes.ts'
import {knownAddresses, type SourceFlags, sourceOptions} from './broker.ts'
import {defined} from './defined.ts'
import type {Session} from './session.ts'

interface DoctorFlags extends SourceFlags {
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  readonly only?: readonly string[] | undefined
  readonly except?: readonly string[] | undefined
}

/** Longer than any single answer may take (protocols' own timeouts are 10 s). */
const TIMEOUT_MS = 15_000

/** Asks the machine, the broker and AWS. Needs no migration folder, and learns from one where there is one. */
export async function examine(
  session: Session,
  flags: DoctorFlags,
  {given, onResult}: {readonly given: readonly string[]; readonly onResult: (result: CheckResult) => void},
): Promise<Checkup> {
  const probes = [
    ...(await machine(session)),
    ...(await source(session, flags, given)),
    ...(await aws(session, flags)),
  ]
  const selected = (id: string): boolean => isSelected(id, flags)
  if (!probes.some(({id}) => selected(id))) throw nothingSelected(probes)
  return doctor(probes, {selected, timeoutMs: TIMEOUT_MS, onResult}, session.signal)
}

/** A pattern without a match would be a green light for nothing. */
const nothingSelected = (probes: readonly Probe[]): MqliftError =>
  new MqliftError('usage', '--only and --except leave no check', {
    reason: 'nothing-selected',
    suggestions: [`the ids are ${probes.map(({id}) => id).join(', ')}`],
  })

function isSelected(id: string, {only = [], except = []}: DoctorFlags): boolean {
  return (only.length === 0 || matchesOne(id, only)) && !matchesOne(id, except)
}

const matchesOne = (id: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => globMatches(pattern, id))

async function machine({workspace, dir}: Session): Promise<Probe[]> {
  const facts = Object.values((await lastObservation(workspace))?.destinations ?? {})
  return machineProbes({
    dir,
    messages: sum(facts.map(({messages}) => valueOf(messages))),
    bytes: sum(facts.map(({bytes}) => valueOf(bytes))),
    nodeVersion: process.version,
    now: () => performance.now(),
  })
}

/** Unknown as soon as one part is. */
function sum(numbers: readonly (number | undefined)[]): number | null {
  const known = numbers.filter((number) => number !== undefined)
  if (known.length === 0 || known.length < numbers.length) return null
  return known.reduce((total, number) => total + number, 0)
}

/** Nothing to ask when no broker is known, or when it is a file. */
async function source(session: Session, flags: DoctorFlags, given: readonly string[]): Promise<Probe[]> {
  const addresses = await knownAddresses(session, given)
  const [address] = addresses
  if (address === undefined || !address.includes('://')) return [noBroker]
  const plan = await session.workspace.find('plan')
  const taps = plan?.moves.flatMap(({tap}) => tap ?? []) ?? []
  return sourceProbes(address, await sourceOptions(session, flags, addresses), () => session.now(), taps)
}

async function aws(session: Session, flags: DoctorFlags): Promise<Probe[]> {
  const plan = await session.workspace.find('plan')
  const region = flags.region ?? plan?.region ?? (await configuredRegion(session))
  if (region === undefined) return [noRegion]
  const nameOf = (kind: string): string | undefined => plan?.steps.find((step) => step.do === kind)?.name
  return awsProbes({
    region,
    ...defined({endpoint: flags.endpoint}),
    env: session.env,
    expected: plan && {account: plan.account, region: plan.region},
    queue: nameOf('sqs-queue'),
    topic: nameOf('sns-topic'),
  })
}

async function configuredRegion({workspace, env}: Session): Promise<string | undefined> {
  return (await readConfig(workspace)).region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
}

const noBroker: Probe = {
  id: 'source.protocol',
  question: 'Which broker is it?',
  needs: [],
  run: async () => unknown('no broker is known', 'name one: mqlift doctor amqps://user@host/'),
}

const noRegion: Probe = {
  id: 'aws.endpoint',
  question: 'Which AWS is it?',
  needs: [],
  run: async () =>
    unknown('no Region is known', '--region eu-central-1, or AWS_REGION, or region: in mqlift.yaml'),
}
