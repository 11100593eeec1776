// SQS and SNS in a process of their own, so that killing the mover leaves the target alone.
//   node test/faults/endpoint.ts PORT
import {buildApp} from 'fauxqs'

const port = Number(process.argv[2])
const app = buildApp({logger: false, host: 'localhost', defaultRegion: 'us-east-1'})
await app.listen({port, host: '127.0.0.1'})
process.stdout.write(`listening ${port}\n`)
