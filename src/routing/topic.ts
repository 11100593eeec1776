/**
 * RabbitMQ's own topic matching: `*` is exactly one word (an empty word counts), `#` is zero or more, an empty
 * key has zero words. Agreed with a real broker on 630 pattern/key pairs (docs/routing.md).
 */
export function topicMatches(pattern: string, key: string): boolean {
  const words = key === '' ? [] : key.split('.')
  const parts = pattern === '' ? [] : pattern.split('.')
  // One row of reachable positions per pattern word: linear in pattern × key, whatever the pattern (SEC-36).
  let reachable = new Set([0])
  for (const part of parts) {
    const next = new Set<number>()
    for (const at of reachable) {
      if (part === '#') for (let end = at; end <= words.length; end++) next.add(end)
      else if (at < words.length && (part === '*' || part === words[at])) next.add(at + 1)
    }
    reachable = next
  }
  return reachable.has(words.length)
}
