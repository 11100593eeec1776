/**
 * JSON in pieces, every entry of a list on a line of its own. Such lines are what `diff` and `grep` want to see, and
 * an estate of ten thousand queues neither grows by a third for its indentation nor has to exist as one string.
 */
export function* laidOut(value: object): Generator<string> {
  yield* laid(value, '\n')
  yield '\n'
}

/** `line` breaks a line and indents the next as far as this value is. */
function* laid(value: unknown, line: string): Generator<string> {
  const inner = `${line}  `
  if (isListOfObjects(value)) {
    let before = '['
    for (const entry of value) {
      yield before + inner
      yield JSON.stringify(entry)
      before = ','
    }
    yield `${line}]`
  } else if (isObject(value)) {
    let before = '{'
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue
      yield `${before}${inner}${JSON.stringify(name)}: `
      yield* laid(field, inner)
      before = ','
    }
    yield before === '{' ? '{}' : `${line}}`
  } else yield JSON.stringify(value)
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isListOfObjects = (value: unknown): value is readonly object[] =>
  Array.isArray(value) && isObject(value[0])
