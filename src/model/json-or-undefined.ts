/** For text that somebody else wrote, or that may be torn: what it holds is checked after. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
