/** Blocks that terminals draw two columns wide (Unicode 16 EastAsianWidth W and F, read 2026-11-22, rounded to blocks). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x11_00, 0x11_5f],
  [0x2e_80, 0xa4_cf],
  [0xac_00, 0xd7_a3],
  [0xf9_00, 0xfa_ff],
  [0xfe_30, 0xfe_6f],
  [0xff_01, 0xff_60],
  [0xff_e0, 0xff_e6],
  [0x1_f3_00, 0x1_f6_4f],
  [0x1_f9_00, 0x1_f9_ff],
  [0x2_00_00, 0x3_ff_fd],
]
const graphemes = new Intl.Segmenter('en', {granularity: 'grapheme'})
const PLAIN = /^[\u0020-\u007E]*$/

/** Columns a text takes on a terminal. The text has been through `shown`: nothing invisible is in it. */
export function columns(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const {segment} of graphemes.segment(text)) width += isWide(segment) ? 2 : 1
  return width
}

function isWide(segment: string): boolean {
  const point = segment.codePointAt(0) ?? 0
  return /\p{Emoji_Presentation}/u.test(segment) || WIDE.some(([from, to]) => point >= from && point <= to)
}

/** Cuts a text to so many columns, with `…` where something is missing. */
export function fit(text: string, width: number): string {
  if (columns(text) <= width) return text
  let kept = ''
  for (const {segment} of graphemes.segment(text)) {
    if (columns(kept) + columns(segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}
