import {parseId} from './id.ts'

/**
 * `*` is any text, `?` one character, all else itself. Steps back to the last star only, so the time is bounded by
 * pattern × text whatever the pattern (SEC-36).
 */
export function globMatches(pattern: string, text: string): boolean {
  let [at, next, star, resume] = [0, 0, -1, 0]
  while (at < text.length) {
    const wanted = pattern[next]
    if (wanted === '*') [star, resume, next] = [next, at, next + 1]
    else if (wanted === '?' || wanted === text[at]) [at, next] = [at + 1, next + 1]
    else if (star >= 0) [at, resume, next] = [resume + 1, resume + 1, star + 1]
    else return false
  }
  return /^\**$/.test(pattern.slice(next))
}

/** A glob over a destination's id, `vhost/name` or name. */
export function globNames(pattern: string, id: string): boolean {
  const {vhost, name} = parseId(id)
  return [id, `${vhost}/${name}`, name].some((text) => globMatches(pattern, text))
}
