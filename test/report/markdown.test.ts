import {fromMarkdown} from 'mdast-util-from-markdown'
import {gfmFromMarkdown} from 'mdast-util-gfm'
import {gfm} from 'micromark-extension-gfm'
import {describe, expect, test} from 'vitest'

import {renderReport} from '../../src/report/markdown.ts'
import {report, type ReportInput} from '../../src/stages/report.ts'
import {inputs} from './cases.ts'
import {HOSTILE} from './hostile.ts'

interface Node {
  readonly type: string
  readonly children?: readonly Node[]
}

const shape = (node: Node): unknown => [node.type, ...(node.children ?? []).map(shape)]
const structure = (page: string): unknown =>
  shape(fromMarkdown(page, {extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()]}))

const full = inputs()
const {inventory, assessment} = full
const CASES: Readonly<Record<string, ReportInput>> = {
  moved: full,
  planned: {inventory, assessment, plan: full.plan},
  assessed: {inventory, assessment},
}

describe.each(Object.entries(CASES))('the report of a folder that is %s', (name, input) => {
  test('as a page', async () => {
    await expect(renderReport(report(input))).toMatchFileSnapshot(`../../fixtures/report/${name}/report.md`)
  })

  test('as JSON', async () => {
    const json = `${JSON.stringify(report(input), null, 2)}\n`
    await expect(json).toMatchFileSnapshot(`../../fixtures/report/${name}/report.json`)
  })
})

describe('no name changes the structure of the page', () => {
  const harmless = structure(renderReport(report(full)))

  test.each(HOSTILE)('%j', (hostile) => {
    const page = renderReport(report(inputs((name) => `${hostile.toWellFormed()}${name}`)))
    expect(structure(page)).toEqual(harmless)
  })
})
