import {expect, test} from 'vitest'

import {FOLDER, prepareFolder, remembered} from '../../../src/session/rehearsal/scratch.ts'
import {tempFolder} from '../../helpers/temp-folder.ts'
import {aSession} from '../a-session.ts'

test('a damaged list of scratch resources is named, and what it was for', async () => {
  const session = aSession(await tempFolder())
  await prepareFolder(session)
  expect(await remembered(session)).toBeUndefined()
  await session.workspace.writeText(`${FOLDER}/scratch.json`, '{"run": "run-0"}')
  await expect(remembered(session)).rejects.toMatchObject({
    kind: 'input',
    file: session.workspace.path(`${FOLDER}/scratch.json`),
    message: expect.stringContaining('the scratch resources that may be left'),
  })
})
