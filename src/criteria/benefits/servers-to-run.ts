import {estateCriterion, gain} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default estateCriterion({
  id: 'servers-to-run',
  group: 'Benefits',
  question: 'Who sizes, patches and upgrades servers?',
  advice:
    'Amazon MQ patches its brokers in a window you choose; size, version and restarts stay your decision.',
  sources: [PAGES.mqVersions, PAGES.choosing],
  judge: () => ({
    'amazon-mq-rabbitmq': gain(0.4, 'patched by AWS, but sized, upgraded and restarted in a window of yours'),
    'amazon-mq-activemq': gain(0.4, 'patched by AWS, but sized, upgraded and restarted in a window of yours'),
    'sqs-standard': gain(1, 'no servers'),
  }),
})
