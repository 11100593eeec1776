import {once} from 'node:events'
import net from 'node:net'
import tls from 'node:tls'

import type {NodeTlsOptions} from './tls.ts'

export interface SocketPlace {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** Ours, so that the name on the certificate is checked and a failure says which. `options` count with TLS only. */
export async function openSocket(
  {host, port, tls: encrypted}: SocketPlace,
  options: NodeTlsOptions,
  signal: AbortSignal,
): Promise<net.Socket> {
  const name = net.isIP(host) === 0 ? {servername: host} : {}
  const socket = encrypted ? tls.connect({...options, ...name, host, port}) : net.connect({host, port})
  // A late error of a socket that was given up is no crash.
  socket.on('error', () => {})
  try {
    await once(socket, encrypted ? 'secureConnect' : 'connect', {signal})
  } catch (error) {
    socket.destroy()
    throw error
  }
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  return socket
}
