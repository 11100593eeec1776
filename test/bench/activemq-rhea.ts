// What ActiveMQ takes from the same client when nobody keeps an account: rhea, one connection, persistent messages out of
// memory, each with its disposition, as many under way as the broker gives credit for. The yardstick of activemq.ts.
import rhea from 'rhea'

import {activemqTask} from './activemq-task.ts'
import {orderBody, orderProperties} from './messages.ts'

const {target, password, targetQueue, messages, size} = activemqTask()
const {hostname, port, username} = new URL(target)
const bodies = Array.from({length: 512}, (_, i) => orderBody(size, i).toString())
const connection = rhea.create_container().connect({
  host: hostname,
  port: Number(port),
  username,
  password,
  reconnect: false,
  tcp_no_delay: true,
} as Parameters<typeof rhea.connect>[0])
const sender = connection.open_sender({target: {address: `queue://${targetQueue}`}})
let sent = 0
let accepted = 0

function pump(): void {
  while (sender.sendable() && sent < messages && sent - accepted < 1000) {
    const {contentType, messageId, type, headers} = orderProperties(sent)
    sender.send({
      durable: true,
      message_id: messageId,
      subject: type,
      content_type: contentType,
      creation_time: new Date(),
      application_properties: headers,
      body: bodies[sent % bodies.length],
    })
    sent++
  }
}

sender.on('sendable', pump)
sender.on('accepted', () => {
  accepted++
  if (accepted === messages) connection.close()
  else pump()
})
sender.on('rejected', () => {
  throw new Error('the broker refused a message')
})
connection.on('connection_close', () => process.stdout.write(`${JSON.stringify({accepted})}\n`))
