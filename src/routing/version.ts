export interface Version {
  readonly major: number
  readonly minor: number
}

/** `3.8.0+rc.1.5.g9148053` → 3.8. Null when the text is no version. */
export function parseVersion(text: string | null | undefined): Version | null {
  const match = /^(\d+)\.(\d+)/.exec(text ?? '')
  return match ? {major: Number(match[1]), minor: Number(match[2])} : null
}

/** An unknown version is taken to be a current one. */
export function atLeast(version: Version | null, major: number, minor = 0): boolean {
  if (!version) return true
  return version.major > major || (version.major === major && version.minor >= minor)
}
