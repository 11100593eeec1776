import {isUtf8} from 'node:buffer'

import {asBuffer} from '../../model/bytes.ts'

/**
 * What SQS takes, decided here before sending (reliability.md T9): `#x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD
 * #x10000-#x10FFFF` (AWS API reference SendMessage, read 2026-11-22). The service has both refused and replaced
 * other characters, so it is never asked.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const ILLEGAL_IN_UTF8 = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Can these bytes be a message body as they are? */
export function isLegalBody(body: Uint8Array): boolean {
  // Valid UTF-8 holds no lone surrogates; what is left to look for fits one regular expression (0.7 ns a byte).
  return body.length > 0 && isUtf8(body) && !ILLEGAL_IN_UTF8.test(asBuffer(body).toString('utf8'))
}

/** SNS takes no characters above U+FFFF in attributes (aws-targets.md B1): those are packed, as is empty text. */
// oxlint-disable-next-line no-control-regex -- tab, line feed and carriage return are legal
const LEGAL_VALUE = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]+$/

export function isLegalValue(value: string): boolean {
  return LEGAL_VALUE.test(value)
}

/**
 * Attribute names: up to 256 of `A-Za-z0-9_-.`, no period first, last or twice in a row, not `AWS.` or `Amazon.` in
 * any case (AWS SQS developer guide, "Message metadata", read 2026-11-22). Our own prefixes are kept free, and SDKs for
 * JavaScript lose an attribute called `__proto__` (SEC-35).
 */
const LEGAL_NAME = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/
const RESERVED_NAME = /^(?:aws\.|amazon\.|mqlift(?:\.|$)|prop\.|__proto__$)/i

export function isLegalName(name: string): boolean {
  return name.length <= 256 && LEGAL_NAME.test(name) && !RESERVED_NAME.test(name)
}
