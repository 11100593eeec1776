import {mkdir, stat, writeFile} from 'node:fs/promises'
import {createServer, createConnection} from 'node:net'
import {join} from 'node:path'

import {expect, onTestFinished, test} from 'vitest'

import {serveControl} from '../../src/session/control-server.ts'
import {control} from '../../src/session/control.ts'
import {Steering} from '../../src/session/steering.ts'
import {tempFolder} from '../helpers/temp-folder.ts'
import {aSession} from './a-session.ts'

async function running(pauseFile: () => string | null = () => null) {
  const session = aSession(await tempFolder())
  const steering = new Steering({
    run: 'run-1',
    since: '2026-11-24T12:00:00.000Z',
    bridge: true,
    rate: null,
    pauseFile: () => Promise.resolve(pauseFile()),
  })
  const server = await serveControl(session, steering)
  onTestFinished(() => server?.[Symbol.asyncDispose]())
  return {session, steering, server}
}

const progress = {received: 10, sent: 9, settled: 8, failed: 1, doubt: 0, waiting: 5}

test('pause, rate, resume and stop reach the run, and each answers with what it does', async () => {
  const {session, steering} = await running()
  expect(await control(session, {do: 'status'})).toMatchObject({
    kind: 'mqlift/control',
    run: 'run-1',
    pid: process.pid,
    bridge: true,
    paused: null,
    rate: null,
    moves: [],
  })
  const paused = await control(session, {do: 'pause', why: 'lunch'})
  expect(paused.paused).toBe('paused: lunch')
  expect(await steering.paused()).toBe('paused: lunch')
  await control(session, {do: 'rate', perSecond: 5})
  expect(steering.rate()).toBe(5)
  expect(await control(session, {do: 'resume'})).toMatchObject({paused: null, rate: 5})
  expect(steering.stopped.aborted).toBe(false)
  expect(await control(session, {do: 'stop'})).toMatchObject({stopping: true})
  expect(steering.stopped.aborted).toBe(true)
})

test('the pause file holds whatever control says', async () => {
  const {session} = await running(() => 'paused: the file')
  expect(await control(session, {do: 'resume'})).toMatchObject({paused: 'paused: the file'})
})

test('the pause file does not hold up an end that was asked for', async () => {
  const {session, steering} = await running(() => 'paused: the file')
  await control(session, {do: 'pause', why: 'lunch'})
  expect(await control(session, {do: 'stop'})).toMatchObject({stopping: true, paused: null})
  await control(session, {do: 'pause', why: null})
  expect(await steering.paused()).toBeNull()
})

test('one that connects and says nothing is gone with the run', async () => {
  const {session, server} = await running()
  const silent = createConnection(session.workspace.path('control.sock'))
  const closed = new Promise<string>((resolve) => silent.on('close', () => resolve('closed')))
  // Answered, so that the one before is accepted too.
  await control(session, {do: 'status'})
  await server?.[Symbol.asyncDispose]()
  expect(await closed).toBe('closed')
})

test('says of every move where it is, and why it waits', async () => {
  const {session, steering} = await running()
  steering.event({type: 'lane-started', move: 'a', depth: 15, window: 100})
  steering.event({type: 'progress', move: 'a', ...progress})
  steering.event({type: 'throttled', move: 'a', reason: 'throttled: SlowDown'})
  steering.event({type: 'lane-ended', move: 'b', outcome: 'failed', reason: 'access denied'})
  const {moves} = await control(session, {do: 'status'})
  expect(moves).toEqual([
    {move: 'a', state: 'running', because: 'throttled: SlowDown', ...progress},
    expect.objectContaining({move: 'b', state: 'failed', because: 'access denied'}),
  ])
  steering.event({type: 'resumed', move: 'a'})
  expect((await control(session, {do: 'status'})).moves[0]).toMatchObject({because: null})
})

test('only its owner can use the socket, and it goes with the run', async () => {
  const {session, server} = await running()
  const path = session.workspace.path('control.sock')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await server?.[Symbol.asyncDispose]()
  await expect(stat(path)).rejects.toThrow('ENOENT')
  await expect(control(session, {do: 'status'})).rejects.toMatchObject({
    kind: 'unreachable',
    reason: 'not-running',
  })
})

test('a socket that a killed run left is replaced; asked meanwhile, nobody answers', async () => {
  const session = aSession(await tempFolder())
  const path = session.workspace.path('control.sock')
  await writeFile(path, '')
  await expect(control(session, {do: 'status'})).rejects.toMatchObject({reason: 'not-running'})
  const steering = new Steering({
    run: 'run-2',
    since: '',
    bridge: false,
    rate: 7,
    pauseFile: () => Promise.resolve(null),
  })
  await using _server = await serveControl(session, steering)
  expect(await control(session, {do: 'status'})).toMatchObject({run: 'run-2', rate: 7})
})

test('what it does not understand it refuses, and goes on', async () => {
  const {session} = await running()
  const path = session.workspace.path('control.sock')
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = createConnection(path, () => socket.write('{"do":"explode"}\n'))
    socket.setEncoding('utf8').on('data', resolve).on('error', reject)
  })
  expect(JSON.parse(answer)).toMatchObject({refused: expect.stringContaining('version')})
  expect(await control(session, {do: 'status'})).toMatchObject({run: 'run-1'})
})

test('an answer of another version is no answer', async () => {
  const session = aSession(await tempFolder())
  const server = createServer((socket) => socket.end('{"kind":"other"}\n'))
  await new Promise<void>((resolve) => server.listen(session.workspace.path('control.sock'), resolve))
  onTestFinished(() => void server.close())
  await expect(control(session, {do: 'status'})).rejects.toMatchObject({reason: 'other-version'})
})

test('a path that is too long for a socket is said on both sides, and the run goes on without', async () => {
  const dir = join(await tempFolder(), 'd'.repeat(120))
  await mkdir(dir)
  const session = aSession(dir)
  const steering = new Steering({
    run: 'run-1',
    since: '',
    bridge: false,
    rate: null,
    pauseFile: () => Promise.resolve(null),
  })
  expect(await serveControl(session, steering)).toBeNull()
  expect(session.said).toContainEqual(expect.stringContaining('too long for a socket'))
  await expect(control(session, {do: 'status'})).rejects.toMatchObject({reason: 'socket-path'})
})
