import {createHash} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import {installed, installJava, mavenCopy} from './install.ts'
import {LAB, locked, missing} from './lab.ts'

const VERSION = '5.37.1'

/**
 * RabbitMQ's Java client and the one library that it loads when it talks over plain sockets: its Netty, though
 * declared, is never touched then (seen with 5.37.1, 2026-11-24). SHA-256 as read on that day.
 */
const JARS = [
  {
    artefact: `com.rabbitmq:amqp-client:${VERSION}`,
    sha256: '4e0946204314173fc61e14064a7d16bbfa4b487d6f1eef75655381f35e7cf2e2',
  },
  {
    artefact: 'org.slf4j:slf4j-api:1.7.36',
    sha256: 'd3ef575e3e4979678dc01bf1dcce51021493b4d11fb7f1be8ad982877c16a1c0',
  },
] as const

/** The jars, by Maven. Returns their directory. */
export async function installAmqpClient(): Promise<string> {
  const home = join(LAB, `amqp-client-${VERSION}`)
  if (existsSync(home)) return home
  try {
    await installJava()
    await locked('amqp-client', () => installed(home, fetchJars))
  } catch (cause) {
    const commands = JARS.map(({artefact}) => `mvn dependency:get -Dtransitive=false -Dartifact=${artefact}`)
    throw missing(
      "RabbitMQ's Java client",
      `apt-get install maven default-jdk-headless, then ${commands.join(' and ')}`,
      cause,
    )
  }
  return home
}

async function fetchJars(into: string): Promise<string> {
  for (const {artefact, sha256} of JARS) {
    await mavenCopy(artefact, into)
    const [, name, version] = artefact.split(':')
    verify(join(into, `${name}-${version}.jar`), sha256)
  }
  return into
}

/** Throws when the file is not the one that was read when its version was pinned. */
export function verify(file: string, sha256: string): void {
  const found = createHash('sha256').update(readFileSync(file)).digest('hex')
  if (found !== sha256) throw new Error(`${file} has the SHA-256 ${found}, not ${sha256}`)
}
