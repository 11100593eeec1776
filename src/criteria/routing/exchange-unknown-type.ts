import {blocker, criterion, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'
import {bindingEvidence} from './bound.ts'

/** Types that another criterion judges. */
const JUDGED: ReadonlySet<string> = new Set([
  'direct',
  'fanout',
  'topic',
  'headers',
  'x-consistent-hash',
  'x-delayed-message',
])

export default criterion({
  id: 'exchange-unknown-type',
  group: 'Exchanges and routing',
  question: 'Is this an exchange type whose routing is not known?',
  advice: 'Report plugin name, ask. Never guess routing.',
  kinds: ['exchange'],
  needs: ['type'],
  sources: [PAGES.mqPlugins],
  judge({type}, subject) {
    if (JUDGED.has(type)) return notApplicable(`type ${type}`)
    const no = blocker(
      `nothing is known about the routing of type ${type}`,
      'ask which plugin this is and what it does',
    )
    return {
      'amazon-mq-rabbitmq': no,
      'amazon-mq-activemq': no,
      'sqs-standard': no,
      evidence: bindingEvidence(subject),
    }
  },
})
