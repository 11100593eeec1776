import {parseId} from '../model/id.ts'

/** Tag values: 256 characters of letters, digits, spaces and `_ . : / = + - @` (AWS tagging, read 2026-11-22). */
const MAX_VALUE = 256
const NOT_ALLOWED = /[^\p{L}\p{N} _.:/+\-@]/u

/** Tells who made the resource and what it stands for; tags of mqlift.yaml win, for a rule of the house is a rule. */
export function tagsFor(
  source: string,
  config: {readonly tags: Readonly<Record<string, string>>},
): Record<string, string> {
  const {vhost, name} = parseId(source)
  return {'mqlift:source': tagValue(`${vhost}/${name}`), ...config.tags}
}

/** Characters that a tag refuses as `=HH` per byte, `=` itself included, so that the name can be read back. */
function tagValue(text: string): string {
  let value = ''
  for (const character of text) {
    const safe = NOT_ALLOWED.test(character)
      ? [...new TextEncoder().encode(character)]
          .map((byte) => `=${byte.toString(16).padStart(2, '0')}`)
          .join('')
      : character
    if (value.length + safe.length > MAX_VALUE) break
    value += safe
  }
  return value
}
