import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {LAB, locked, missing, run} from './lab.ts'

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** Debian 12 carries RabbitMQ 3.10.8, Debian 13 carries 4.0.5 with its own Erlang 27 (read 2026-11-24). */
const RABBITMQ_4_SUITE = 'trixie'

/** RabbitMQ 3 as the Debian package. */
export async function installRabbitmq3(): Promise<void> {
  if (existsSync(SERVER)) return
  await locked('apt', async () => {
    if (existsSync(SERVER)) return
    try {
      await aptInstall('rabbitmq-server')
    } catch (cause) {
      throw missing('RabbitMQ 3', 'apt-get install --no-install-recommends rabbitmq-server', cause)
    }
  })
}

/**
 * RabbitMQ 4 in a root directory of its own: its Erlang needs a newer libc than Debian 12 has, and Debian 12's
 * Erlang is too old for it. Returns that directory.
 */
export async function installRabbitmq4(): Promise<string> {
  const root = join(LAB, 'rabbitmq-4')
  if (existsSync(join(root, SERVER))) return root
  const command = `debootstrap --variant=minbase --include=rabbitmq-server,adduser ${RABBITMQ_4_SUITE} ${root} ${debianMirror()}`
  try {
    await locked('apt', async () => {
      if (!existsSync('/usr/sbin/debootstrap')) await aptInstall('debootstrap')
    })
    await locked('rabbitmq-4', () => bootstrap(root))
  } catch (cause) {
    throw missing('RabbitMQ 4', command, cause)
  }
  return root
}

async function bootstrap(root: string): Promise<void> {
  if (existsSync(join(root, SERVER))) return
  // Built beside its place and renamed: an interrupted install never looks complete.
  const unfinished = `${root}.new`
  await run('umount', [join(unfinished, 'proc')]).catch(() => '')
  rmSync(unfinished, {recursive: true, force: true})
  const packages = '--include=rabbitmq-server,adduser'
  await run('debootstrap', ['--variant=minbase', packages, RABBITMQ_4_SUITE, unfinished, debianMirror()])
  for (const cache of ['var/cache/apt/archives', 'var/lib/apt/lists']) {
    for (const file of readdirSync(join(unfinished, cache))) {
      rmSync(join(unfinished, cache, file), {recursive: true, force: true})
    }
  }
  mkdirSync(join(unfinished, 'lab'), {recursive: true})
  if (!existsSync(join(unfinished, 'dev/urandom'))) {
    await run('mknod', ['-m', '666', join(unfinished, 'dev/urandom'), 'c', '1', '9'])
  }
  await run('umount', [join(unfinished, 'proc')]).catch(() => '')
  renameSync(unfinished, root)
}

/** Erlang reads /proc. The mount is made again after every boot. */
export async function mountProc(root: string): Promise<void> {
  await locked('rabbitmq-4-proc', async () => {
    if (!existsSync(join(root, 'proc/self'))) await run('mount', ['-t', 'proc', 'proc', join(root, 'proc')])
  })
}

/** Maven and a JDK. */
export async function installJava(): Promise<void> {
  await locked('apt', async () => {
    if (!existsSync('/usr/bin/mvn') || !existsSync('/usr/bin/java')) {
      await aptInstall('maven', 'default-jdk-headless')
    }
  })
}

/** One artefact of Maven Central, as a file in the directory. */
export function mavenCopy(artefact: string, directory: string): Promise<unknown> {
  const to = [`-Dartifact=${artefact}`, `-DoutputDirectory=${directory}`]
  return run('mvn', ['-q', '-B', 'dependency:copy', ...to])
}

/** Built beside its place and renamed: an interrupted install never looks complete. `make` says what to rename. */
export async function installed(home: string, make: (unfinished: string) => Promise<string>): Promise<void> {
  if (existsSync(home)) return
  const unfinished = `${home}.new`
  rmSync(unfinished, {recursive: true, force: true})
  mkdirSync(unfinished, {recursive: true})
  renameSync(await make(unfinished), home)
  rmSync(unfinished, {recursive: true, force: true})
}

/** ElasticMQ's jars, by Maven. Returns their directory. */
export async function installElasticmq(version: string): Promise<string> {
  const home = join(LAB, `elasticmq-${version}`)
  const done = join(home, 'complete')
  if (existsSync(done)) return join(home, 'lib')
  const artefact = `org.elasticmq:elasticmq-server_2.13:${version}`
  try {
    await installJava()
    await locked('elasticmq', async () => {
      if (existsSync(done)) return
      mkdirSync(home, {recursive: true})
      writeFileSync(join(home, 'pom.xml'), pom(version))
      const copy = ['dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime']
      await run('mvn', ['-q', '-B', '-f', join(home, 'pom.xml'), ...copy])
      writeFileSync(done, '')
    })
  } catch (cause) {
    throw missing(
      'ElasticMQ',
      `apt-get install maven default-jdk-headless, then mvn dependency:get -Dartifact=${artefact}`,
      cause,
    )
  }
  return join(home, 'lib')
}

function pom(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>lab</groupId><artifactId>elasticmq</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId>
  <version>${version}</version></dependency></dependencies></project>\n`
}

const POLICY = '/usr/sbin/policy-rc.d'

/**
 * Installing rabbitmq-server starts a server on all interfaces unless a policy forbids it; the policy is ours
 * only for the time of the install.
 */
async function aptInstall(...packages: string[]): Promise<void> {
  const ours = !existsSync(POLICY)
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', {mode: 0o755})
  try {
    await run('apt-get', ['update', '-qq'])
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      ...process.env,
      DEBIAN_FRONTEND: 'noninteractive',
    })
  } finally {
    if (ours) rmSync(POLICY)
  }
}

/** The mirror this machine already uses. */
function debianMirror(): string {
  const directory = '/etc/apt/sources.list.d'
  const files = existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : []
  const lines = [...files, '/etc/apt/sources.list']
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  for (const line of lines) {
    const found =
      /^URIs:\s*(\S*debian)\/?\s*$/.exec(line) ?? /^deb\s+(?:\[[^\]]*\]\s+)?(\S*debian)\/?\s/.exec(line)
    if (found?.[1]) return found[1]
  }
  return 'http://deb.debian.org/debian'
}
