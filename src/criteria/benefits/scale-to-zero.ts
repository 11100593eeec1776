import {estateCriterion, gain} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default estateCriterion({
  id: 'scale-to-zero',
  group: 'Benefits',
  question: 'Does an idle destination cost nothing?',
  advice: 'Test environments and quiet hours decide how much this is worth.',
  sources: [PAGES.choosing],
  judge: () => ({
    'amazon-mq-rabbitmq': gain(0, 'the cluster is paid by the hour'),
    'amazon-mq-activemq': gain(0, 'the brokers are paid by the hour'),
    'sqs-standard': gain(1, 'paid by request'),
  }),
})
