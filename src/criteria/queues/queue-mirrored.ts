import {adapt, criterion, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'queue-mirrored',
  group: 'Queues',
  question: 'Is it a mirrored classic queue?',
  advice: 'Source is 3.x. A policy that becomes empty after stripping is invalid on import: delete it.',
  kinds: ['queue'],
  needs: ['mirrored'],
  uses: ['policy'],
  sources: [PAGES.classicMirroring, PAGES.mqRabbitmq4],
  judge({mirrored}) {
    if (!mirrored) return notApplicable('not mirrored')
    return {
      'amazon-mq-rabbitmq': adapt(
        'mirroring ended with 4.0, and an import with ha-* keys stops half-way',
        'strip ha-* keys from policies and use a quorum queue',
      ),
      'amazon-mq-activemq': adapt('replicated as a whole broker', 'use an active/standby pair'),
      'sqs-standard': native('replicated by SQS'),
    }
  },
})
