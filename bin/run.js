#!/usr/bin/env node
import './node-version.js'
import {execute} from '@oclif/core'

// `mqlift … | head` closes the pipe early; that is not a failure.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
})
await execute({dir: import.meta.url})
