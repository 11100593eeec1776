import type {Body} from '../model/artefact.ts'
import {parseId} from '../model/id.ts'
import {brokersIn, writesToAws} from '../model/plan-into.ts'
import type {Plan} from '../model/plan.ts'
import type {Rehearsal} from '../model/rehearsal.ts'
import {destinationsSection} from './plan-destinations.ts'
import {
  assumedSection,
  lossesSection,
  movesSection,
  notMovedSection,
  questionsSection,
  summarySection,
} from './plan-sections.ts'
import type {Section} from './section.ts'
import {proper} from './words.ts'
import {type Namer, namer} from './words.ts'

type Page = (plan: Body<Plan>, name: Namer, rehearsal: Body<Rehearsal> | undefined) => Section

const SECTIONS: readonly Page[] = [
  summarySection,
  lossesSection,
  questionsSection,
  movesSection,
  notMovedSection,
  assumedSection,
  destinationsSection,
  howToSection,
]

/**
 * plan.md: a change request for people to read and sign. plan.json is what is executed. What a
 * rehearsal measured is in the durations already.
 */
export function renderPlan(plan: Body<Plan>, rehearsal?: Body<Rehearsal>): string {
  const name = namer(Object.keys(plan.fingerprint).map(parseId))
  const lines = SECTIONS.map((section) => section(plan, name, rehearsal)).flatMap(({title, lines: body}) =>
    body.length === 0 ? [] : ['', `## ${title}`, '', ...body],
  )
  return [`# Change request: ${proper(plan.source.kind)} to ${destination(plan)}`, ...lines, ''].join('\n')
}

function destination(plan: Body<Plan>): string {
  const engines = [...new Set(brokersIn(plan).map(({engine}) => engine))]
  return [...(writesToAws(plan) ? ['SQS and SNS'] : []), ...engines].join(', ')
}

function howToSection({open, losses}: Body<Plan>): Section {
  const isDecided =
    open.every(({answer}) => answer !== null) && losses.every(({acceptedBy}) => acceptedBy !== null)
  return {
    title: 'How to go on',
    lines: [
      'The commands work on the folder of this file: name it with `--dir`, unless it is ./mqlift-work.',
      '',
      isDecided
        ? '1. Nothing is left to answer or to accept. Who decided what, and when, is in decisions.yaml.'
        : '1. Answer the questions and accept the losses: `mqlift plan --answer ID=VALUE --accept ID`. Who did so, and when, is kept in decisions.yaml.',
      '2. `mqlift apply` shows what would be created, `mqlift apply --execute` creates it.',
      '3. `mqlift migrate --execute` moves the messages. Ctrl-C is safe; run it again to go on.',
      '4. Switch publishers and consumers, then `mqlift apply --cutover --execute` sets the final retention.',
    ],
  }
}
