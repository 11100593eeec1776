import {estateCriterion, gain} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default estateCriterion({
  id: 'iam-access',
  group: 'Benefits',
  question: 'Do roles replace broker users and their passwords?',
  advice: 'Passwords cannot be read from the broker: rotate them, or make one IAM role per application.',
  sources: [PAGES.sqsAccess, PAGES.mqPlugins],
  judge: () => ({
    'amazon-mq-rabbitmq': gain(0.3, 'broker users, or OAuth 2.0 and LDAP by configuration'),
    'amazon-mq-activemq': gain(0.3, 'broker users, or LDAP'),
    'sqs-standard': gain(1, 'IAM roles and policies per queue'),
  }),
})
