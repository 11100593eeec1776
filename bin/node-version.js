// Imported first: an older Node.js would fail later, somewhere, with what looks like a bug of ours.
const LEAST = 24

if (Number.parseInt(String(process.version).slice(1), 10) < LEAST) {
  const message = `mqlift needs Node.js ${LEAST} or newer; this is ${process.version}`
  const suggestions = ['install a newer one: https://nodejs.org/en/download']
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({error: {kind: 'usage', message, suggestions}}, null, 2)}\n`)
  } else process.stderr.write(`usage: ${message}\n  → ${suggestions[0]}\n`)
  process.exit(2)
}
