/**
 * Whether XML 1.0 can say it at all: of the control characters it takes tab and line ends only, escaped or not, and no
 * half of a surrogate pair (XML 1.0, 2.2 and 4.1).
 */
export const isXmlText = (text: string): boolean =>
  /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u.test(text)
