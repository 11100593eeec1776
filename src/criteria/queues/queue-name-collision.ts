import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'queue-name-collision',
  group: 'Queues',
  question: 'Would another queue get the same name at the target?',
  advice:
    'Check the whole plan, not one vhost. dup.a-b, dup-a.b and dup_a_b are the test case: names differ, cleaned names ' +
    'need not. Names that differ only in case stay distinct.',
  kinds: ['queue', 'stream'],
  needs: [],
  sources: [PAGES.sqsQueues],
  judge(_, {destination, estate}) {
    const others = estate.sameName.get(destination.id) ?? []
    const [first] = others
    if (first === undefined) return notApplicable('the name is its own')
    const because = `shares its cleaned name with ${first}${others.length > 1 ? ` and ${others.length - 1} more` : ''}`
    return {
      'amazon-mq-rabbitmq': native('with the same vhosts'),
      'amazon-mq-activemq': adapt('one namespace for all', 'prefix the name with the vhost'),
      'sqs-standard': adapt(because, 'use the name in the plan: a prefix or a hash keeps them apart'),
      evidence: others.slice(0, 3),
    }
  },
})
