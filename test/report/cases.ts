import type {AssessedDestination, Finding, Rule} from '../../src/model/assessment.ts'
import {destinationId} from '../../src/model/id.ts'
import type {Destination} from '../../src/model/inventory.ts'
import type {Buckets} from '../../src/model/verification.ts'
import type {ReportInput} from '../../src/stages/report.ts'

/** Every part is there. */
type Complete = {readonly [K in keyof ReportInput]-?: NonNullable<ReportInput[K]>}

/** A small estate in one vhost; `call` renames everything, so that hostile names can be put through the same page. */
export function inputs(call: (name: string) => string = (name) => name): Complete {
  const vhost = call('shop')
  const id = (kind: 'queue' | 'exchange', name: string): string => destinationId(kind, vhost, call(name))
  const orders = id('queue', 'orders')
  const priority = id('queue', 'dispatch')
  const events = id('exchange', 'events')
  return {
    inventory: {
      broker: {
        kind: 'rabbitmq',
        version: '3.13.7',
        clusterName: call('rabbit@shop'),
        nodes: ['rabbit@shop'],
        plugins: null,
        exchangeTypes: null,
        address: `amqps://${call('rabbit.shop.example')}/`,
        listeners: [],
        statistics: true,
      },
      destinations: [
        queue(orders, vhost, call('orders'), 'quorum'),
        queue(priority, vhost, call('dispatch'), 'classic'),
        {id: events, kind: 'exchange', vhost, name: call('events'), facts: {type: said('topic')}},
      ],
      bindings: [
        {
          source: events,
          destination: orders,
          routingKey: call('order.#'),
          arguments: {},
          evidence: 'bindings[0]',
        },
      ],
      policies: [],
      vhosts: [{name: vhost, defaultQueueType: null, tracing: false, limits: {}}],
      users: null,
      permissions: null,
      clients: null,
      links: null,
      notRead: [
        {
          what: `users (${call('x')})`,
          endpoint: 'GET /api/users',
          missingRight: 'tag administrator',
          command: `rabbitmqctl set_user_tags ${call('ops')} administrator`,
        },
      ],
      notices: [],
    },
    observation: {
      at: '2026-11-24T08:00:00.000Z',
      destinations: {
        [orders]: {messages: said(1200), bytes: said(1_260_000)},
        [priority]: {messages: said(31)},
      },
    },
    assessment: {
      preference: 'balanced',
      summary: {
        vhosts: 1,
        queues: 2,
        exchanges: 1,
        bindings: 1,
        users: null,
        permissions: null,
        policies: 0,
        topics: 0,
        connections: null,
        consumers: null,
        messages: 1231,
        bytes: null,
      },
      destinations: [
        assessed(orders, vhost, call('orders'), 'sqs-standard', []),
        assessed(priority, vhost, call('dispatch'), 'amazon-mq-rabbitmq', [
          finding('max-priority', priority, 'blocker', `10 levels on ${call('dispatch')}`),
        ]),
      ],
      estate: {
        findings: [
          {
            rule: 'dangling-binding',
            subjects: [events],
            verdict: 'adapt',
            because: `a binding of ${call('events')} ends nowhere`,
            evidence: ['bindings[7]'],
          },
        ],
        ignored: [{id: id('queue', 'amq.gen-x'), rule: 'runtime', because: 'named by the broker'}],
      },
      rules: {'max-priority': rule('max-priority')},
      notChecked: [],
    },
    plan: {
      account: '123456789012',
      region: 'eu-central-1',
      source: {kind: 'rabbitmq', address: 'amqps://rabbit.shop.example/', clusterName: 'rabbit@shop'},
      steps: [
        {
          id: 'sqs-queue:orders',
          platform: 'sqs-standard',
          do: 'sqs-queue',
          name: 'orders',
          when: 'before',
          settings: {},
          needs: [],
          for: [orders],
          because: [],
        },
      ],
      moves: [],
      changes: [
        {
          subject: orders,
          field: 'name',
          change: 'renamed',
          from: call('orders'),
          to: 'orders',
          undo: 'rename it back',
        },
      ],
      losses: [
        {
          id: `message-ttl>${orders}`,
          rule: 'message-ttl',
          subject: orders,
          field: 'expiration',
          change: 'dropped',
          reason: `SQS has no TTL per message (${call('orders')})`,
          acceptedBy: call('mara'),
        },
      ],
      open: [
        {
          id: `group>${priority}`,
          subject: priority,
          question: `What keeps order in ${call('dispatch')}?`,
          choices: ['constant', 'routing-key'],
          who: 'the team that owns the consumers',
          answer: null,
        },
      ],
      notMoved: [{subject: priority, because: `recommended for Amazon MQ, ${call('see')} assessment`}],
      names: {[orders]: 'orders'},
      routing: {},
      fingerprint: {},
    },
    deployment: {
      account: '123456789012',
      region: 'eu-central-1',
      endpoint: null,
      caller: `arn:aws:sts::123456789012:assumed-role/${call('migrate')}/x`,
      resources: [],
      cutover: false,
    },
    verification: {
      at: '2026-11-24T09:00:00.000Z',
      proof: 'proved',
      total: buckets(1200, 1),
      destinations: [
        {
          id: orders,
          move: `${orders}>sqs-queue:orders`,
          target: 'sqs-queue:orders',
          state: 'stopped',
          proof: 'proved',
          levels: [
            {level: 'V1', outcome: 'passed', because: 'the buckets add up'},
            {level: 'V4', outcome: 'not-checked', because: 'somebody consumes'},
          ],
          buckets: buckets(1200, 1),
          comparisons: {source: 0, digests: 0, target: null},
          reasons: {[`1.2 MiB is over the limit (${call('big')})`]: 1},
          leftAtSource: 1,
          notChecked: ['V4: somebody consumes at the target'],
        },
      ],
      assumptions: [{id: 'A2', text: 'the disk honours fsync', checked: false}],
    },
    archiveInfo: {directory: 'archive', messages: 1200, bytes: 1_400_000, segments: 1},
    files: [{path: 'plan.json', what: 'what will be made', sha256: 'ab'.repeat(32)}],
    rerun: [
      `mqlift assess amqps://${call('rabbit.shop.example')}/ --dir move`,
      'mqlift migrate --dir move --execute',
    ],
  }
}

const said = <T>(value: T): {value: T; evidence: string} => ({value, evidence: 'GET /api/queues'})

const queue = (id: string, vhost: string, name: string, type: string): Destination => ({
  id,
  kind: 'queue',
  vhost,
  name,
  facts: {type: said(type), durable: said(true), messageTtl: said(type === 'quorum' ? 60_000 : null)},
})

const finding = (rule: string, subject: string, verdict: 'blocker', because: string): Finding => ({
  rule,
  subjects: [subject],
  platform: 'sqs-standard',
  verdict,
  because,
  todo: 'one queue per level',
  evidence: ['arguments.x-max-priority'],
})

const rule = (id: string): Rule => ({
  id,
  group: 'queues',
  question: 'Do consumers rely on priorities?',
  advice: 'one queue per level',
  weight: 3,
  scores: 'fit',
  sources: [{url: 'https://www.rabbitmq.com/docs/priority', read: '2026-11-22'}],
})

function assessed(
  id: string,
  vhost: string,
  name: string,
  platform: 'sqs-standard' | 'amazon-mq-rabbitmq',
  findings: Finding[],
): AssessedDestination {
  const recommended = {platform, score: 84.4, confidence: 0.9, because: `best fit for ${name}`}
  return {
    id,
    kind: 'queue',
    vhost,
    name,
    recommended,
    under: {
      'cloud-native': {...recommended, platform: 'sqs-standard'},
      balanced: recommended,
      'lift-and-shift': {...recommended, platform: 'amazon-mq-rabbitmq'},
    },
    ties: [],
    scores: [{platform, fit: 90, benefit: 76, score: 84.4, confidence: 0.9, blockedBy: []}],
    findings,
    counted: {native: 12, notApplicable: 4},
    todo: ['point publishers at the queue URL'],
    decide: [{question: `Who owns ${name}?`, who: 'the platform team'}],
  }
}

const buckets = (settled: number, failed: number): Buckets => ({
  received: settled + failed,
  settled,
  failed,
  doubt: 0,
  quarantined: 0,
  open: 0,
  unexplained: 0,
  possibleDuplicates: 2,
})
