import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'alternate-exchange',
  group: 'Exchanges and routing',
  question: 'Are messages that match no binding caught by an alternate exchange?',
  advice:
    'Add a publisher-side check or a catch-all queue without filter plus de-duplication. Watch ' +
    'NumberOfNotificationsFilteredOut.',
  kinds: ['exchange'],
  needs: ['alternateExchange'],
  sources: [PAGES.alternateExchange, PAGES.snsFilters],
  judge({alternateExchange}) {
    if (alternateExchange === null) return notApplicable('no alternate exchange')
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': lossy(
        'nothing catches unmatched messages',
        'check the destination in the publisher',
      ),
      'sqs-standard': adapt('not needed: a send always names a queue', 'drop the alternate exchange'),
      'sns-sqs': lossy(
        `SNS drops unmatched messages without a trace; today ${JSON.stringify(alternateExchange)} catches them`,
        'add a catch-all queue without a filter, and alarm on NumberOfNotificationsFilteredOut',
        {question: 'Does anybody act on unroutable messages?', who: 'owner of the publishers'},
      ),
    }
  },
})
