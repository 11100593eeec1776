import type {Body} from '../../src/model/artefact.ts'
import type {Deployment, Resource} from '../../src/model/deployment.ts'
import type {Envelope, Headers, Properties} from '../../src/model/envelope.ts'
import {destinationId, parseId} from '../../src/model/id.ts'
import type {Move, Plan} from '../../src/model/plan.ts'

export const ORDERS = destinationId('queue', '/', 'orders')

export function envelope(
  body: string | Uint8Array,
  more: {source?: string; properties?: Properties; headers?: Headers; identity?: string} = {},
): Envelope {
  const source = more.source ?? ORDERS
  return {
    v: 1,
    source: {id: source, exchange: '', routingKey: parseId(source).name},
    ...(more.identity !== undefined && {identity: more.identity}),
    properties: more.properties ?? {},
    headers: more.headers ?? [],
    body: typeof body === 'string' ? Buffer.from(body) : body,
    delivery: {redelivered: false},
  }
}

export function move(more: Partial<Move> = {}): Move {
  const source = more.source ?? ORDERS
  const target = more.target ?? `sqs-queue:${parseId(source).name}`
  return {
    id: `${source}>${target}`,
    source,
    target,
    platform: 'sqs-standard',
    mode: 'drain',
    order: 'none',
    sourceType: 'classic',
    deliveryLimit: null,
    expected: {messages: null, bytes: null},
    estimateSeconds: null,
    ...more,
  }
}

export const resourceFor = ({target, platform}: Move): Resource => ({
  step: target,
  platform,
  arn: `arn:aws:sqs:eu-central-1:111122223333:${target}`,
  address: `memory://${target}`,
  createdAt: '2026-11-24T00:00:00.000Z',
  readyAt: '2026-11-24T00:00:00.000Z',
  origin: 'created',
})

export function plan(moves: readonly Move[], more: Partial<Body<Plan>> = {}): Body<Plan> {
  return {
    account: '111122223333',
    region: 'eu-central-1',
    source: {kind: 'rabbitmq', address: 'memory://broker', clusterName: null},
    steps: [],
    moves: [...moves],
    changes: [],
    losses: [],
    open: [],
    notMoved: [],
    names: {},
    routing: {},
    fingerprint: {},
    ...more,
  }
}

export function deployment(moves: readonly Move[], more: Partial<Body<Deployment>> = {}): Body<Deployment> {
  return {
    account: '111122223333',
    region: 'eu-central-1',
    endpoint: null,
    caller: 'arn:aws:iam::111122223333:user/ops',
    resources: moves.map(resourceFor),
    cutover: false,
    ...more,
  }
}
