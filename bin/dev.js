import './node-version.js'
import {execute, settings} from '@oclif/core'

import pjson from '../package.json' with {type: 'json'}

settings.enableAutoTranspile = false // Node strips the types; oclif must not look for tsx or ts-node
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
})
await execute({
  loadOptions: {
    root: new URL('..', import.meta.url).pathname,
    ignoreManifest: true,
    pjson: {...pjson, oclif: {...pjson.oclif, commands: './src/commands'}},
  },
})
