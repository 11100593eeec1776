import {bindingsByDestination} from '../../routing/flows.ts'
import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'binding-multiple',
  group: 'Exchanges and routing',
  question: 'Is a queue bound more than once to this exchange?',
  advice:
    'The broker delivers one copy even when several bindings match. Two subscriptions through two topics would ' +
    'deliver two.',
  kinds: ['exchange'],
  needs: [],
  sources: [PAGES.exchanges, PAGES.snsFilterLimits],
  judge(_, {graph, destination}) {
    const several = [...bindingsByDestination(graph, destination.id).values()].filter(
      ({length}) => length > 1,
    )
    const [first] = several
    if (first === undefined) return notApplicable('no queue is bound twice')
    const because = `${several.length} of its queues ${several.length === 1 ? 'is' : 'are'} bound more than once`
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt(because, 'merge the selectors with OR'),
      'sqs-standard': adapt(because, 'merge: one send per queue'),
      'sns-sqs': adapt(because, 'one subscription per queue, its bindings merged into one filter policy'),
      evidence: first.slice(0, 3).map((binding) => binding.evidence),
    }
  },
})
