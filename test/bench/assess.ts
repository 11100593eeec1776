// `mqlift assess` of a large export, and `mqlift --help`, as whole processes of the program as it is published: start-up,
// reading, judging, writing. Prints every run and the medians; asserts nothing. Other work on the machine shows in wall
// time most, in the CPU time of the main thread least: without a neighbour the two are about the same.
//   npm run bench:assess -- [--queues 10000] [--runs 5] [--help-runs 10] [--sources]
import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {parseArgs} from 'node:util'

import {estateExport} from './estate-export.ts'

const {values: flags} = parseArgs({
  options: {
    queues: {type: 'string', default: '10000'},
    runs: {type: 'string', default: '5'},
    'help-runs': {type: 'string', default: '10'},
    /** Run src/ instead of a build: what the tests start, slower by the stripping of types and by loading all commands. */
    sources: {type: 'boolean', default: false},
  },
})

interface Cost {
  /** Seconds. */
  readonly wall: number
  readonly main: number
  readonly user: number
  readonly system: number
  /** MiB. */
  readonly rss: number
}

const ROOT = resolve(import.meta.dirname, '../..')
const BIN = join(ROOT, 'bin', flags.sources ? 'dev.js' : 'run.js')
/** Only the process itself knows its peak to the end; it writes that to a fourth descriptor. */
const USAGE = `data:text/javascript,${encodeURIComponent(
  "import {writeSync} from 'node:fs'; process.on('exit', () => " +
    'writeSync(3, JSON.stringify({...process.resourceUsage(), main: process.threadCpuUsage()})))',
)}`

const npm = (script: string) => execFileSync('npm', ['run', '--silent', script], {cwd: ROOT, stdio: 'ignore'})

const folder = mkdtempSync(join(tmpdir(), 'mqlift-bench-'))
try {
  if (!flags.sources) npm('prepack')
  await assessing()
  await helping()
} finally {
  if (!flags.sources) npm('postpack')
  rmSync(folder, {recursive: true, force: true})
}

async function assessing(): Promise<void> {
  const definitions = join(folder, 'definitions.json')
  const text = estateExport(Number(flags.queues))
  writeFileSync(definitions, text)
  print(`definitions.json: ${flags.queues} queues, ${mib(text.length)}`)
  const costs: Cost[] = []
  for (let run = 0; run < Number(flags.runs); run++) {
    const dir = join(folder, `move-${run}`)
    costs.push(await cost(['assess', definitions, '--dir', dir]))
    print(`  run ${run + 1}: ${shown(costs.at(-1)!)}`)
    if (run === 0)
      for (const file of readdirSync(dir)) print(`  ${file}: ${mib(statSync(join(dir, file)).size)}`)
  }
  print(`assess, median of ${flags.runs}: ${shown(medians(costs))}`)
}

async function helping(): Promise<void> {
  const costs: Cost[] = []
  for (let run = 0; run < Number(flags['help-runs']); run++) costs.push(await cost(['--help']))
  print(`--help, median of ${flags['help-runs']}: ${shown(medians(costs))}`)
}

async function cost(argv: readonly string[]): Promise<Cost> {
  const start = performance.now()
  const child = spawn(process.execPath, ['--import', USAGE, BIN, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [errors, usage, exit] = await Promise.all([
    textOf(child.stdio[2] as NodeJS.ReadableStream),
    textOf(child.stdio[3] as NodeJS.ReadableStream),
    new Promise((done) => child.once('close', done)),
  ])
  if (exit !== 0) throw new Error(`mqlift ${argv.join(' ')} ended with ${String(exit)}: ${errors}`)
  const wall = (performance.now() - start) / 1000
  const {userCPUTime, systemCPUTime, maxRSS, main} = JSON.parse(usage) as Usage
  return {
    wall,
    main: (main.user + main.system) / 1e6,
    user: userCPUTime / 1e6,
    system: systemCPUTime / 1e6,
    rss: maxRSS / 1024,
  }
}

interface Usage extends NodeJS.ResourceUsage {
  readonly main: NodeJS.CpuUsage
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

function medians(costs: readonly Cost[]): Cost {
  const median = (name: keyof Cost): number => {
    const sorted = costs.map((each) => each[name]).toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  }
  return {
    wall: median('wall'),
    main: median('main'),
    user: median('user'),
    system: median('system'),
    rss: median('rss'),
  }
}

function shown({wall, main, user, system, rss}: Cost): string {
  return `${seconds(wall)}, main thread ${seconds(main)}, CPU ${seconds(user + system)}, peak ${Math.round(rss)} MiB`
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
