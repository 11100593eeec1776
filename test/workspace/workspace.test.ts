import {mkdir, readdir, readFile, stat, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import type {Body} from '../../src/model/artefact.ts'
import type {Assessment} from '../../src/model/assessment.ts'
import type {Deployment} from '../../src/model/deployment.ts'
import type {Inventory} from '../../src/model/inventory.ts'
import type {Plan} from '../../src/model/plan.ts'
import {Workspace} from '../../src/workspace/workspace.ts'
import {tempFolder} from '../helpers/temp-folder.ts'

const inventory: Body<Inventory> = {
  broker: {
    kind: 'rabbitmq',
    version: '4.0.5',
    clusterName: 'rabbit@one',
    nodes: [],
    plugins: null,
    exchangeTypes: null,
    address: 'amqp://localhost',
    listeners: [],
    statistics: null,
  },
  destinations: [],
  bindings: [],
  policies: [],
  vhosts: [],
  users: null,
  permissions: null,
  clients: null,
  links: null,
  notRead: [],
  notices: [],
}
const none = {
  vhosts: null,
  queues: null,
  exchanges: null,
  bindings: null,
  users: null,
  permissions: null,
  policies: null,
  topics: null,
  connections: null,
  consumers: null,
  messages: null,
  bytes: null,
}
const assessment: Body<Assessment> = {
  preference: 'balanced',
  summary: none,
  destinations: [],
  estate: {findings: [], ignored: []},
  rules: {},
  notChecked: [],
}
const plan: Body<Plan> = {
  account: '000000000000',
  region: 'eu-west-1',
  source: {kind: 'rabbitmq', address: 'amqp://localhost', clusterName: null},
  steps: [],
  moves: [],
  changes: [],
  losses: [],
  open: [],
  notMoved: [],
  names: {},
  routing: {},
  fingerprint: {},
}
const deployment: Body<Deployment> = {
  account: '000000000000',
  region: 'eu-west-1',
  endpoint: null,
  caller: 'arn:aws:iam::000000000000:user/ops',
  resources: [],
  cutover: false,
}

async function edited(path: string, change: (artefact: Record<string, unknown>) => void): Promise<void> {
  const artefact = JSON.parse(await readFile(path, 'utf8'))
  change(artefact)
  await writeFile(path, JSON.stringify(artefact))
}

async function filled(): Promise<Workspace> {
  const workspace = new Workspace(join(await tempFolder(), 'work'))
  await workspace.write('inventory', inventory, [])
  await workspace.write('assessment', assessment, ['inventory'])
  await workspace.write('plan', plan, ['assessment'])
  await workspace.write('deployment', deployment, ['plan'])
  return workspace
}

describe('a migration folder', () => {
  test('gives back what was written, under a head', async () => {
    const workspace = await filled()
    const read = await workspace.read('plan')
    expect(read).toMatchObject({kind: 'mqlift/plan', version: 1, ...plan})
    expect(Object.keys(read.inputs)).toEqual(['assessment.json'])
  })

  test('is closed to others from the start, whatever the umask', async () => {
    const umask = process.umask(0)
    try {
      const workspace = await filled()
      expect((await stat(workspace.dir)).mode & 0o777).toBe(0o700)
      for (const file of await readdir(workspace.dir)) {
        expect((await stat(workspace.path(file))).mode & 0o777).toBe(0o600)
      }
    } finally {
      process.umask(umask)
    }
  })

  test('makes the folder of a file that is in one', async () => {
    const workspace = await filled()
    await workspace.writeText('target/activemq.xml', '<broker/>')
    expect(await workspace.readText('target/activemq.xml')).toBe('<broker/>')
    await workspace.remove('target/activemq.xml')
    await workspace.remove('target/activemq.xml')
    expect(await workspace.readText('target/activemq.xml')).toBeUndefined()
  })

  test('leaves no temporary file behind', async () => {
    const workspace = await filled()
    expect((await readdir(workspace.dir)).filter((file) => file.endsWith('.tmp'))).toEqual([])
  })

  test('says what to run when an artefact is missing', async () => {
    const workspace = new Workspace(await tempFolder())
    await expect(workspace.read('plan')).rejects.toMatchObject({
      kind: 'input',
      reason: 'missing',
      suggestions: ['run mqlift plan', expect.any(String)],
    })
  })

  test('refuses an artefact of another kind', async () => {
    const workspace = await filled()
    await edited(workspace.path('plan.json'), (file) => (file['kind'] = 'mqlift/inventory'))
    await expect(workspace.read('plan')).rejects.toMatchObject({kind: 'input', reason: 'wrong-kind'})
  })

  test('refuses an artefact of a newer version', async () => {
    const workspace = await filled()
    await edited(workspace.path('plan.json'), (file) => (file['version'] = 2))
    await expect(workspace.read('plan')).rejects.toMatchObject({kind: 'input', reason: 'newer-version'})
  })

  test('says where a file is not JSON', async () => {
    const workspace = await filled()
    await writeFile(workspace.path('plan.json'), '{"kind": "mqlift/plan"\n  "version": 1}')
    await expect(workspace.read('plan')).rejects.toMatchObject({kind: 'input', line: 2})
  })

  test('names the field that is damaged', async () => {
    const workspace = await filled()
    await edited(workspace.path('plan.json'), (file) => (file['moves'] = 'many'))
    await expect(workspace.read('plan')).rejects.toThrow(/moves/)
  })

  test('refuses an artefact whose input has moved on, and says what to run', async () => {
    const workspace = await filled()
    await workspace.write(
      'inventory',
      {...inventory, vhosts: [{name: '/', defaultQueueType: null, tracing: false, limits: {}}]},
      [],
    )
    await expect(workspace.read('assessment')).rejects.toMatchObject({
      kind: 'input',
      reason: 'stale',
      suggestions: ['run mqlift assess'],
    })
  })

  test('lets clients and links of an inventory change by themselves', async () => {
    const workspace = await filled()
    await workspace.write('inventory', {...inventory, clients: [], links: []}, [])
    await expect(workspace.read('assessment')).resolves.toBeDefined()
  })

  test('refuses a deployment whose plan was edited', async () => {
    const workspace = await filled()
    await edited(workspace.path('plan.json'), (file) => (file['names'] = {orders: 'elsewhere'}))
    await expect(workspace.read('deployment')).rejects.toMatchObject({kind: 'refused', reason: 'plan-edited'})
  })

  test('lets an input be absent: a plan may travel alone', async () => {
    const from = await filled()
    const to = new Workspace(await tempFolder())
    await to.writeText('plan.json', (await from.readText('plan.json')) ?? '')
    await expect(to.read('plan')).resolves.toMatchObject({account: plan.account})
  })

  test('follows no symbolic link, neither reading nor writing', async () => {
    const workspace = await filled()
    const outside = join(await tempFolder(), 'outside.json')
    await writeFile(outside, 'mine')
    await symlink(outside, workspace.path('report.json'))
    await expect(workspace.read('report')).rejects.toMatchObject({kind: 'refused', reason: 'symlink'})
    await expect(workspace.writeText('report.json', 'theirs')).rejects.toMatchObject({reason: 'symlink'})
    expect(await readFile(outside, 'utf8')).toBe('mine')
  })

  test('says which file cannot be used when a folder is in its place', async () => {
    const workspace = new Workspace(await tempFolder())
    await mkdir(workspace.path('plan.json'))
    await expect(workspace.read('plan')).rejects.toMatchObject({
      kind: 'input',
      file: workspace.path('plan.json'),
    })
  })
})
