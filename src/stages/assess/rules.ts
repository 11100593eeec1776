import type {Body} from '../../model/artefact.ts'
import type {Rule} from '../../model/assessment.ts'
import type {Inventory} from '../../model/inventory.ts'
import type {Pattern} from '../../patterns/pattern.ts'
import type {Weighed} from './judge.ts'

/** The finding that one queue alone keeps a broker. */
export const BROKER_FOR_ONE = 'broker-for-one-queue'

/** The texts of everything that can be found, once. */
export function rulesOf(
  criteria: readonly Weighed[],
  patterns: readonly Pattern[],
  notices: Body<Inventory>['notices'],
): Record<string, Rule> {
  const rules = [
    ...criteria.map(({criterion, weight}) => {
      const {id, group, question, advice, scores, sources} = criterion
      return {id, group, question, advice, weight, scores, sources: [...sources]}
    }),
    ...patterns.map(({id, question, advice, sources}) => ({
      ...unweighed(id, 'Patterns', question),
      advice,
      sources: [...sources],
    })),
    {
      ...unweighed(BROKER_FOR_ONE, 'Patterns', 'Does one queue alone keep a broker?'),
      advice: 'Redesign that queue, or accept the price of a broker for it.',
    },
    ...[...new Set(notices.map(({rule}) => rule))].map((id) =>
      unweighed(id, 'Inventory', `What did inspect notice: ${id.replaceAll('-', ' ')}?`),
    ),
  ]
  return Object.fromEntries(rules.map((rule) => [rule.id, rule]))
}

const unweighed = (id: string, group: string, question: string): Rule => ({
  id,
  group,
  question,
  advice: '',
  weight: 0,
  scores: 'nothing',
  sources: [],
})
