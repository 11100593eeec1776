/**
 * The attributes that publishers derive from a routing key (docs/routing.md). A plan names those it needs, by
 * exchange; nobody sets the rest.
 *
 * `rk` the key · `n` number of words · `w<i>`, `r<i>` the i-th word from the left, from the right · `rkd` "." + key + "."
 *
 * An empty key has no words: only `n` = 0 remains, which must be set when it is needed, because a message without
 * any attribute matches no filter policy. An empty word gets no `w` or `r`: SNS refuses empty values.
 */
export function routingAttributes(key: string): Record<string, string | number> {
  const words = key === '' ? [] : key.split('.')
  const all: Record<string, string | number> = {n: words.length}
  if (key !== '') Object.assign(all, {rk: key, rkd: `.${key}.`})
  for (const [index, word] of words.entries()) {
    if (word === '') continue
    all[`w${index}`] = word
    all[`r${words.length - 1 - index}`] = word
  }
  return all
}

/** Names that the routing attributes occupy; a header of the same name is renamed. */
export const isRoutingAttribute = (name: string): boolean => /^(?:rk|rkd|n|[wr]\d+|shard\d*)$/.test(name)
