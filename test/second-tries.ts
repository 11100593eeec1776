import type {Reporter, TestCase} from 'vitest/node'

/** Says why a test needed its second try: what happens once in a hundred runs must not pass without a word. */
export default class SecondTries implements Reporter {
  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return
    for (const {message} of test.result().errors ?? [])
      process.stdout.write(`second try: ${test.fullName}\n${message.slice(0, 4000)}\n`)
  }
}
