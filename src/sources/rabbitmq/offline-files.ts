import {readFile, stat} from 'node:fs/promises'
import {basename} from 'node:path'

import {MqliftError} from '../../errors.ts'
import {parseJsonText} from './json-text.ts'
import {type Content, recognise} from './recognise.ts'

/** Definitions of 100,000 queues are 30 MiB (performance.md); V8 strings end at 512 MiB. */
const MOST_BYTES = 256 * 1024 * 1024

const EXPECTED = 'a RabbitMQ definitions export, or a list from the management API or rabbitmqctl, as JSON'

export interface OfflineFile {
  /** As given, without the virtual host. */
  readonly path: string
  /** Short name for evidence. */
  readonly name: string
  /** `definitions.json#shop` says that what names no virtual host belongs to `shop`. */
  readonly vhost: string | undefined
  readonly content: Content
  readonly repairs: readonly string[]
  /** ISO 8601, when the file was written: the time of the numbers in it. */
  readonly modified: string
}

export async function readOffline(given: string): Promise<OfflineFile> {
  const {path, vhost} = await locate(given)
  const {size, mtime} = await stat(path)
  if (size > MOST_BYTES)
    throw new MqliftError('input', `${path} is larger than ${MOST_BYTES / 1024 / 1024} MiB`, {
      file: path,
      suggestions: ['Export one virtual host at a time'],
    })
  const {text, repairs} = decode(await readFile(path), path)
  refuseOtherFormats(text, path)
  const parsed = parseJsonText(text, path)
  const content = recognise(parsed.value)
  if (content.is === 'unknown') throw unrecognised(parsed.value, path)
  return {
    path,
    name: basename(path),
    vhost,
    content,
    repairs: [...repairs, ...parsed.repairs],
    modified: mtime.toISOString(),
  }
}

async function locate(given: string): Promise<{path: string; vhost: string | undefined}> {
  const found = await stat(given).catch(() => undefined)
  if (found?.isFile() === true) return {path: given, vhost: undefined}
  const hash = given.lastIndexOf('#')
  const path = hash === -1 ? given : given.slice(0, hash)
  if (!found && hash !== -1 && (await stat(path).catch(() => undefined))?.isFile() === true)
    return {path, vhost: given.slice(hash + 1)}
  throw new MqliftError('input', found ? `${given} is not a file` : `There is no file ${given}`, {
    file: given,
    suggestions: [
      found ? 'Give the files in it: mqlift assess definitions.json queues.json' : 'Check the name',
      'Export one: rabbitmqctl export_definitions definitions.json',
      'A broker is given by its address: amqps://user@host/',
    ],
  })
}

function decode(bytes: Buffer, file: string): {text: string; repairs: string[]} {
  if (bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xfe)
    return {text: bytes.toString('utf16le').slice(1), repairs: ['UTF-16, as PowerShell writes it']}
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw new MqliftError('input', `${file} is compressed`, {file, suggestions: [`gunzip ${file}`]})
  try {
    const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
    return text.startsWith('\u{FEFF}')
      ? {text: text.slice(1), repairs: ['a byte order mark']}
      : {text, repairs: []}
  } catch (error) {
    throw new MqliftError('input', `${file} is not UTF-8 text; expected ${EXPECTED}`, {
      file,
      cause: error,
      suggestions: [`iconv -f latin1 -t utf-8 ${file}`, 'rabbitmqctl export_definitions definitions.json'],
    })
  }
}

function refuseOtherFormats(text: string, file: string): void {
  const start = text.trimStart()
  if (start === '')
    throw new MqliftError('input', `${file} is empty; expected ${EXPECTED}`, {
      file,
      suggestions: ['rabbitmqctl export_definitions definitions.json'],
    })
  if (!start.startsWith('<') || start.startsWith('<%')) return
  throw new MqliftError('input', `${file} is XML; expected ${EXPECTED}`, {
    file,
    line: 1,
    column: 1,
    suggestions: ['Configurations of ActiveMQ and Artemis are not supported by this version'],
  })
}

function unrecognised(value: unknown, file: string): MqliftError {
  const shown = Array.isArray(value) ? 'a list' : typeof value
  const keys =
    typeof value === 'object' && value !== null
      ? Object.keys(value).slice(0, 8).join(', ')
      : JSON.stringify(value)
  return new MqliftError(
    'input',
    `${file} is JSON but not ${EXPECTED}: it is ${shown} with ${keys || 'nothing'}`,
    {
      file,
      line: 1,
      column: 1,
      suggestions: [
        'rabbitmqctl export_definitions definitions.json',
        'rabbitmqctl --formatter json list_queues name type durable auto_delete arguments policy messages consumers',
      ],
    },
  )
}
