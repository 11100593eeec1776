import {existsSync} from 'node:fs'
import {join} from 'node:path'

import {installed, installJava, mavenCopy} from './install.ts'
import {LAB, locked, missing, run} from './lab.ts'

/** ActiveMQ Classic as distributed, by Maven. Returns its home. */
export async function installActivemq(version: string): Promise<string> {
  const home = join(LAB, `activemq-${version}`)
  if (existsSync(home)) return home
  const artefact = `org.apache.activemq:apache-activemq:${version}:tar.gz:bin`
  try {
    await installJava()
    await locked('activemq', () => installed(home, (into) => unpack(artefact, into)))
  } catch (cause) {
    throw missing(
      'ActiveMQ',
      `apt-get install maven default-jdk-headless, then mvn dependency:get -Dartifact=${artefact}`,
      cause,
    )
  }
  return home
}

async function unpack(artefact: string, into: string): Promise<string> {
  const [, name, version] = artefact.split(':')
  await mavenCopy(artefact, into)
  await run('tar', ['xzf', join(into, `${name}-${version}-bin.tar.gz`), '-C', into])
  return join(into, `${name}-${version}`)
}
