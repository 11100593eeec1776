import type {Body} from '../../src/model/artefact.ts'
import type {Assessment} from '../../src/model/assessment.ts'
import type {Decision} from '../../src/model/decisions.ts'
import {Config} from '../../src/model/decisions.ts'
import type {ObservedFacts} from '../../src/model/facts.ts'
import type {Destination, Inventory} from '../../src/model/inventory.ts'
import type {Advice} from '../../src/model/platform.ts'
import type {PlanInput} from '../../src/stages/plan.ts'
import {plan} from '../../src/stages/plan.ts'
import {plan as sns} from '../../src/targets/sns/plan.ts'
import {plan as sqs} from '../../src/targets/sqs/plan.ts'

export const PLANNERS = [{plan: sqs}, {plan: sns}] as const

/** An assessment that recommends what the test says: queues to SQS, exchanges to SNS unless told otherwise. */
export function assessedAs(
  inventory: Body<Inventory>,
  advise: (destination: Destination) => Advice | undefined = () => undefined,
  ignored: readonly string[] = [],
): Body<Assessment> {
  const usual: Record<string, Advice> = {exchange: 'sns-sqs', stream: 'kinesis'}
  return {
    preference: 'balanced',
    summary: {} as Assessment['summary'],
    destinations: inventory.destinations
      .filter(({id}) => !ignored.includes(id))
      .map((destination) => {
        const recommended = {
          platform: advise(destination) ?? usual[destination.kind] ?? 'sqs-standard',
          score: 80,
          confidence: 1,
          because: 'the test says so',
        }
        return {
          id: destination.id,
          kind: destination.kind,
          vhost: destination.vhost,
          name: destination.name,
          recommended,
          under: {} as Assessment['destinations'][number]['under'],
          ties: [],
          scores: [],
          findings: [],
          counted: {native: 0, notApplicable: 0},
          todo: [],
          decide: [],
        }
      }),
    estate: {
      findings: [],
      ignored: ignored.map((id) => ({id, rule: 'run-time-artefact', because: 'made at run time'})),
    },
    rules: {},
    notChecked: [],
  }
}

export interface Options extends Partial<
  Omit<PlanInput, 'inventory' | 'config' | 'decisions' | 'observation'>
> {
  readonly advise?: (destination: Destination) => Advice | undefined
  readonly ignored?: readonly string[]
  readonly config?: Record<string, unknown>
  /** Id → answer. */
  readonly decisions?: Readonly<Record<string, string>>
  /** Queue name → numbers. */
  readonly observed?: Readonly<Record<string, Readonly<Record<string, number | boolean>>>>
}

export const decision = (id: string, answer: string): Decision => ({id, answer, by: 'anna', at: '2026-11-24'})

export function planned(inventory: Body<Inventory>, options: Options = {}): ReturnType<typeof plan> {
  const {advise, ignored, config, decisions = {}, observed, ...rest} = options
  const input: PlanInput = {
    inventory,
    assessment: assessedAs(inventory, advise, ignored),
    decisions: Object.entries(decisions).map(([id, answer]) => decision(id, answer)),
    config: Config.parse({account: '123456789012', region: 'eu-central-1', ...config}),
    ...(observed && {
      observation: {
        at: '2026-11-24T00:00:00Z',
        destinations: Object.fromEntries(
          Object.entries(observed).map(([name, numbers]) => [`queue:%2F/${name}`, observedFacts(numbers)]),
        ),
      },
    }),
    ...rest,
  }
  return plan(input, PLANNERS)
}

const observedFacts = (numbers: Readonly<Record<string, number | boolean>>): ObservedFacts =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, {value, evidence: 'test'}]))
