import {existsSync} from 'node:fs'
import {join} from 'node:path'

import type {MoveAccount} from '../../src/ledger/ledger.ts'
import {readLedger} from '../../src/ledger/open.ts'
import type {Envelope} from '../../src/model/envelope.ts'
import {destinationId} from '../../src/model/id.ts'
import {broken, check} from './checker.ts'
import type {Program} from './program.ts'
import type {Scene} from './scene.ts'

/** `rollback --json` on the folder of a scene. */
export function rollback(scene: Scene, ...more: string[]): Program {
  const {management} = scene.broker
  return scene.run(['rollback', scene.address, '--management', management, '--json', ...more])
}

export async function accountsBack(scene: Scene): Promise<readonly MoveAccount[]> {
  const path = join(scene.work, 'rollback', 'ledger.db')
  if (!existsSync(path)) return []
  await using ledger = await readLedger(path)
  return ledger.accounts()
}

/** What consumers see is that it was sent to the queue itself: the one difference that is told beforehand. */
export const atItsQueue = (envelope: Envelope, queue: string): Envelope => {
  const {exchange: _, routingKey: _key, ...source} = envelope.source
  return {...envelope, source: {...source, exchange: '', routingKey: queue}}
}

/** The old queue against what it must hold now: empty = the same, byte by byte, property by property. Empties it. */
export async function broughtBack(
  scene: Scene,
  expected: readonly Envelope[],
  options: {readonly ordered?: boolean; readonly reported?: number} = {},
): Promise<string[]> {
  const id = destinationId('queue', scene.vhost, scene.queue)
  const found = await scene.takeFromSource(id)
  const accounts = await accountsBack(scene)
  const sum = (name: 'received' | 'settled' | 'failed' | 'doubt' | 'quarantined' | 'possibleDuplicates') =>
    accounts.reduce((total, account) => total + account[name], 0)
  const [first] = accounts
  if (!first) throw new Error('nothing was brought back')
  const account: MoveAccount = {
    ...first,
    received: sum('received'),
    settled: sum('settled'),
    failed: sum('failed'),
    doubt: sum('doubt'),
    quarantined: sum('quarantined'),
    open: {
      claimed: accounts.reduce((total, {open}) => total + open.claimed, 0),
      sent: accounts.reduce((total, {open}) => total + open.sent, 0),
    },
    possibleDuplicates: sum('possibleDuplicates') + (options.reported ?? 0),
  }
  const queue = scene.queue
  return broken(
    check({
      published: expected.map((one) => atItsQueue(one, queue)),
      left: [],
      present: found.map((one) => atItsQueue(one, queue)),
      account,
      ...(options.ordered && {group: () => 'all'}),
    }),
  )
}
