import {isUtf8} from 'node:buffer'

import type {Properties} from '../../model/envelope.ts'

/** Types whose bodies are text (RFC 6838 suffixes included), as ActiveMQ's own AMQP mapping has them, and YAML, CSV. */
const TEXT_TYPE =
  /^(?:text\/.+|application\/(?:json|xml|xml-dtd|javascript|yaml|x-www-form-urlencoded)|.+\+(?:json|xml|yaml))$/i

/**
 * A TextMessage when the bytes are valid UTF-8 and the content type says text or is missing; a BytesMessage otherwise,
 * and whenever the body is encoded (gzip). Both hold the body exactly.
 */
export function isText(body: Uint8Array, {contentType, contentEncoding}: Properties): boolean {
  if (contentEncoding !== undefined && !/^(?:utf-?8|identity)?$/i.test(contentEncoding)) return false
  return saysText(contentType) && isUtf8(body)
}

function saysText(contentType: string | undefined): boolean {
  const [type = ''] = (contentType ?? '').split(';')
  return type.trim() === '' || TEXT_TYPE.test(type.trim())
}

/** The broker turns a data section with a textual type into text, and one with Java's type into an object. */
export function keepsBytes(contentType: string): boolean {
  return !saysText(contentType) && !/^application\/x-java-serialized-object/i.test(contentType)
}
