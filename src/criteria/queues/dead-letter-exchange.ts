import type {Judgement, Subject} from '../criterion.ts'
import {adapt, criterion, lossy, native, notApplicable} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'dead-letter-exchange',
  group: 'Queues',
  question: 'Where do rejected and expired messages go?',
  advice:
    'Split by reason (x-death[].reason): rejected → explicit send or redrive; expired → EventBridge Scheduler or ' +
    'delay; maxlen → none; delivery_limit → redrive. A DLX bound to several queues needs SNS or one chosen DLQ.',
  kinds: ['queue'],
  needs: ['deadLetterExchange'],
  uses: ['deadLetterRoutingKey'],
  sources: [PAGES.deadLetters, PAGES.sqsDeadLetters],
  judge({deadLetterExchange}, subject) {
    if (deadLetterExchange === null) return notApplicable('no dead-letter exchange')
    const onSqs = redrive(subject)
    return {
      'amazon-mq-rabbitmq': native(),
      'amazon-mq-activemq': adapt('a strategy per destination', 'set a dead-letter strategy per destination'),
      'sqs-standard': onSqs,
      'sqs-fifo':
        onSqs.verdict === 'adapt'
          ? adapt(onSqs.because, `${onSqs.todo ?? ''}; the dead-letter queue must be FIFO too`)
          : onSqs,
    }
  },
})

function redrive({graph, destination}: Subject): Judgement {
  const queues = graph.deadLetterQueues(destination.id) ?? []
  if (queues.length > 1) {
    return lossy(
      `dead letters are copied to ${queues.length} queues, a redrive policy has one`,
      'choose one dead-letter queue, or publish failures to a topic',
      {question: 'Which of the queues is the dead-letter queue?', who: 'owner of the consumers'},
    )
  }
  return adapt(
    'a redrive policy moves what fails too often; a reject becomes a send',
    'set a redrive policy; send explicitly where the consumer rejects without requeue',
  )
}
