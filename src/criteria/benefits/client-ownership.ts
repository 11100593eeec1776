import {criterion, gain, unanswered} from '../criterion.ts'
import {PAGES} from '../pages.ts'

export default criterion({
  id: 'client-ownership',
  group: 'Benefits',
  scores: 'benefit',
  question: 'Is there a team that can change the applications?',
  advice:
    'A connection that gives no name is the usual sign of code that nobody owns. Find the host and the user behind ' +
    'it before you plan a change of protocol.',
  kinds: ['queue', 'stream', 'exchange'],
  needs: [],
  sources: [PAGES.choosing],
  judge(_, {destination, estate}) {
    if (estate.clientsOf === null) return unanswered('connections were not read')
    const clients = estate.clientsOf.get(destination.id) ?? []
    if (clients.length === 0) return unanswered('nobody was connected to it')
    const first = clients.find((client) => client.name === '')
    const because =
      first === undefined
        ? 'every connection names its application'
        : `user ${first.user} connects without a name from ${first.hosts[0] ?? 'an unknown host'}`
    return {
      'amazon-mq-rabbitmq': gain(1, 'a new address, the same code'),
      'amazon-mq-activemq': gain(first === undefined ? 0.7 : 0.3, because),
      'sqs-standard': gain(first === undefined ? 0.8 : 0.3, because),
    }
  },
})
