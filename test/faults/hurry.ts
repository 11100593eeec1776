// Preloaded into the program: what it waits for in minutes takes seconds. Counts of SQS settle in readings a minute
// apart; the emulator's are right at once.
import {syncBuiltinESMExports} from 'node:module'
import timers from 'node:timers/promises'

const {setTimeout: wait} = timers
const MINUTE = 60_000

timers.setTimeout = (delay, value, options) => wait(delay === MINUTE ? MINUTE / 60 : delay, value, options)
syncBuiltinESMExports()
