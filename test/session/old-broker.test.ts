import {expect, test} from 'vitest'

import {refuseOther} from '../../src/session/old-broker.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession} from './a-session.ts'

const moved = {address: 'amqps://one.corp:5671', clusterName: 'rabbit@one'}
const called = (name: string | null) => ({clusterName: () => Promise.resolve(name)})

test('nothing goes back to a broker that is called otherwise', async () => {
  const session = aSession(await tempFolder())
  await expect(refuseOther(session, moved, called('rabbit@staging'))).rejects.toMatchObject({
    kind: 'refused',
    reason: 'other-broker',
    message:
      'amqps://one.corp:5671 is another broker: its cluster is rabbit@staging, and rabbit@one was moved from',
  })
  await expect(refuseOther(session, moved, called('rabbit@one'))).resolves.toBeUndefined()
  expect(session.said).toEqual([])
})

test('where a name is missing nothing is compared, and that is said', async () => {
  const session = aSession(await tempFolder())
  await refuseOther(session, moved, called(null))
  await refuseOther(session, {...moved, clusterName: null}, called('rabbit@one'))
  expect(session.said).toEqual([
    'amqps://one.corp:5671: whether it is the broker that was moved from is not checked: it does not name its cluster',
    'amqps://one.corp:5671: whether it is the broker that was moved from is not checked: the plan does not name its cluster',
  ])
})
