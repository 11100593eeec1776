import type {Criterion} from '../../criteria/criterion.ts'
import type {NotRead} from '../../model/inventory.ts'
import type {Tally} from './judge.ts'

/** Criteria that no destination could answer: not checked, and never to be taken for passed. */
export function notAnswered(criteria: readonly Criterion[], {answered, unanswered}: Tally): NotRead[] {
  return criteria
    .filter(({id}) => unanswered.has(id) && !answered.has(id))
    .map((criterion) => ({
      what: criterion.question,
      endpoint: endpoint(criterion),
      missingRight: 'nothing that was read answers it',
      command: 'mqlift inspect <broker address>, with statistics on',
    }))
}

const endpoint = (criterion: Criterion): string =>
  criterion.scope === 'destination' && criterion.needs.length > 0
    ? `${criterion.id} (${criterion.needs.join(', ')})`
    : criterion.id
