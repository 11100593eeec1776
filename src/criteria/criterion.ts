import type {Facts, FactName} from '../model/facts.ts'
import type {DestinationKind} from '../model/id.ts'
import type {Broker, Client, Destination, Link} from '../model/inventory.ts'
import type {Advice, Platform} from '../model/platform.ts'
import type {Graph} from '../routing/graph.ts'

/** Something only a person can answer, and who that usually is. */
export interface Question {
  readonly question: string
  readonly who: string
}

/** What one platform makes of one destination. */
export interface Judgement {
  readonly verdict: 'native' | 'adapt' | 'lossy' | 'blocker' | 'unknown'
  readonly because: string
  readonly todo?: string
  readonly decide?: Question
  /** Benefit criteria only: 0 to 1 instead of the points of the verdict. */
  readonly points?: number
}

export interface Verdicts {
  readonly 'amazon-mq-rabbitmq': Judgement
  readonly 'amazon-mq-activemq': Judgement
  readonly 'sqs-standard': Judgement
  /** Left out: takes the answer of sqs-standard. */
  readonly 'sqs-fifo'?: Judgement
  /** Left out: takes the answer of sqs-standard. */
  readonly 'sns-sqs'?: Judgement
  /** A better place than any of the five. */
  readonly instead?: {readonly advice: Advice; readonly because: string}
  /** What was looked at besides the facts, for example bindings. */
  readonly evidence?: readonly string[]
}

export type Answer = Verdicts | {readonly notApplicable: string} | {readonly unanswered: string}

/** What a criterion may know about the whole estate; computed once by stages/assess.ts. */
export interface Estate {
  readonly broker: Broker
  /** Applications seen at each destination; null = clients were not read. */
  readonly clientsOf: ReadonlyMap<string, readonly Client[]> | null
  readonly links: readonly Link[] | null
  /** Other destinations whose name would become the same target name, by id. */
  readonly sameName: ReadonlyMap<string, readonly string[]>
  /** When depths and rates were read, epoch milliseconds; null = never. */
  readonly observedAt: number | null
  /** Messages published per second over all queues; null = not observed. */
  readonly messagesPerSecond: number | null
  readonly queues: number
}

/** The destination under judgement and what it lives in. */
export interface Subject {
  readonly destination: Destination
  /** Structure and observation together. */
  readonly facts: Facts
  /** What is known of them; `judge` gets it as its first argument. */
  readonly values: Values
  readonly graph: Graph
  readonly estate: Estate
}

export type Values = Readonly<Record<string, unknown>>

export interface Source {
  readonly url: string
  readonly read: string
}

export type CriterionGroup = 'Exchanges and routing' | 'Queues' | 'Consumers' | 'Benefits'

interface Texts {
  readonly id: string
  readonly group: CriterionGroup
  readonly question: string
  /** What to do about it, whatever the platform. */
  readonly advice: string
  readonly scores: 'fit' | 'benefit'
  readonly sources: readonly Source[]
}

/** Asked of every destination of its kinds. */
export interface DestinationCriterion extends Texts {
  readonly scope: 'destination'
  readonly kinds: readonly DestinationKind[]
  readonly needs: readonly FactName[]
  ask(subject: Subject): Asked
}

/** Asked once: the answer is the same for every destination. */
export interface EstateCriterion extends Texts {
  readonly scope: 'estate'
  ask(estate: Estate): Asked
}

export type Criterion = DestinationCriterion | EstateCriterion

export interface Asked {
  readonly answer: Answer
  /** What the facts that were used rest on. */
  readonly evidence: readonly string[]
}

type Value<N extends FactName> = Extract<NonNullable<Facts[N]>, {value: unknown}>['value']
type Known<N extends FactName> = {readonly [K in N]: Value<K>}

interface Definition<N extends FactName, U extends FactName> extends Omit<Texts, 'scores'> {
  readonly scores?: Texts['scores']
  readonly kinds: readonly DestinationKind[]
  /** Missing or unresolved → verdict `unknown`, `judge` is not called. */
  readonly needs: readonly N[]
  /** Looked at when known. */
  readonly uses?: readonly U[]
  readonly judge: (facts: Known<N> & Partial<Known<U>>, subject: Subject) => Answer
}

export function criterion<N extends FactName = never, U extends FactName = never>(
  definition: Definition<N, U>,
): DestinationCriterion {
  const {judge, needs, uses = [], scores = 'fit', ...texts} = definition
  return {
    ...texts,
    scores,
    needs,
    scope: 'destination',
    ask(subject) {
      const {facts} = subject
      const missing = needs.find((name) => !isKnown(facts[name]))
      if (missing !== undefined) return notKnown(missing, facts[missing])
      // oxlint-disable-next-line no-unsafe-type-assertion -- needs are known, and a definition names all it looks at
      const answer = judge(subject.values as Known<N> & Partial<Known<U>>, subject)
      // Most answers are "not applicable": evidence is gathered for the others only.
      if ('notApplicable' in answer) return {answer, evidence: []}
      return {answer, evidence: [...needs, ...uses].flatMap((name) => evidenceOf(facts[name]))}
    },
  }
}

type AnyFact = Facts[FactName]

const isKnown = (fact: AnyFact): boolean => fact !== undefined && 'value' in fact
const evidenceOf = (fact: AnyFact): string[] => (fact === undefined ? [] : [fact.evidence])

const notKnown = (name: FactName, fact: AnyFact): Asked =>
  fact !== undefined && 'unresolved' in fact
    ? {answer: {unanswered: `${name} is ${fact.unresolved}`}, evidence: [fact.evidence]}
    : {answer: {unanswered: `${name} was not read`}, evidence: []}

/** What is known of the facts, without where it was read. */
export function valuesOf(facts: Facts): Values {
  const values: Record<string, unknown> = {}
  for (const [name, fact] of Object.entries(facts))
    if (fact !== undefined && 'value' in fact) values[name] = fact.value
  return values
}

export function estateCriterion(
  definition: Omit<Texts, 'scores'> & {readonly judge: (estate: Estate) => Answer},
): EstateCriterion {
  const {judge, ...texts} = definition
  return {
    ...texts,
    scores: 'benefit',
    scope: 'estate',
    ask: (estate) => ({answer: judge(estate), evidence: []}),
  }
}

export const native = (because = 'works as it does today'): Judgement => ({verdict: 'native', because})
export const adapt = (because: string, todo: string, decide?: Question): Judgement => ({
  verdict: 'adapt',
  because,
  todo,
  ...(decide && {decide}),
})
export const lossy = (because: string, todo: string, decide?: Question): Judgement => ({
  verdict: 'lossy',
  because,
  todo,
  ...(decide && {decide}),
})
export const blocker = (because: string, todo?: string): Judgement => ({
  verdict: 'blocker',
  because,
  ...(todo !== undefined && {todo}),
})
export const unknown = (because: string): Judgement => ({verdict: 'unknown', because})
export const notApplicable = (because: string): Answer => ({notApplicable: because})
export const unanswered = (because: string): Answer => ({unanswered: because})

/** How much of a benefit a platform brings, 0 to 1. A benefit is never lost or blocked: what is missing is said. */
export const gain = (points: number, because: string): Judgement => ({
  verdict: points >= 0.85 ? 'native' : 'adapt',
  because,
  points,
})

/** The answer for a platform; a platform left out takes that of sqs-standard. */
export const judgementFor = (verdicts: Verdicts, platform: Platform): Judgement =>
  verdicts[platform] ?? verdicts['sqs-standard']
