import {estateCriterion, gain} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default estateCriterion({
  id: 'high-availability',
  group: 'Benefits',
  question: 'Is it highly available without a design of your own?',
  advice: 'On Amazon MQ, choose a three-node cluster and quorum queues, or an active/standby pair.',
  sources: [PAGES.mqArchitecture, PAGES.mqActivemqStorage],
  judge: () => ({
    'amazon-mq-rabbitmq': gain(0.6, 'a cluster over three zones; only quorum queues are replicated'),
    'amazon-mq-activemq': gain(0.5, 'an active/standby pair with a failover of clients'),
    'sqs-standard': gain(1, 'several zones, always'),
  }),
})
