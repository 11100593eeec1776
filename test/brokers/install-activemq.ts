import {existsSync, mkdirSync, renameSync, rmSync} from 'node:fs'
import {join} from 'node:path'

import {installJava} from './install.ts'
import {LAB, locked, missing, run} from './lab.ts'

/** ActiveMQ Classic as distributed, by Maven. Returns its home. */
export async function installActivemq(version: string): Promise<string> {
  const home = join(LAB, `activemq-${version}`)
  if (existsSync(home)) return home
  const artefact = `org.apache.activemq:apache-activemq:${version}:tar.gz:bin`
  try {
    await installJava()
    await locked('activemq', () => unpack(home, artefact))
  } catch (cause) {
    throw missing(
      'ActiveMQ',
      `apt-get install maven default-jdk-headless, then mvn dependency:get -Dartifact=${artefact}`,
      cause,
    )
  }
  return home
}

async function unpack(home: string, artefact: string): Promise<void> {
  if (existsSync(home)) return
  // Built beside its place and renamed: an interrupted install never looks complete.
  const unfinished = `${home}.new`
  rmSync(unfinished, {recursive: true, force: true})
  mkdirSync(unfinished, {recursive: true})
  const [, name, version] = artefact.split(':')
  await run('mvn', [
    '-q',
    '-B',
    'dependency:copy',
    `-Dartifact=${artefact}`,
    `-DoutputDirectory=${unfinished}`,
  ])
  await run('tar', ['xzf', join(unfinished, `${name}-${version}-bin.tar.gz`), '-C', unfinished])
  renameSync(join(unfinished, `${name}-${version}`), home)
  rmSync(unfinished, {recursive: true, force: true})
}
