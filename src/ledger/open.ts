import {existsSync, renameSync, rmSync} from 'node:fs'
import {dirname} from 'node:path'
import {DatabaseSync} from 'node:sqlite'

import {MqliftError} from '../errors.ts'
import {Accounts} from './account.ts'
import {busy, damaged, understood} from './damage.ts'
import type {Ledger, LedgerReader, LedgerRun} from './ledger.ts'
import {
  createFile,
  createKey,
  type FileSystemType,
  fileSystemType,
  keyIdOf,
  type LedgerPlace,
  makeReserve,
  placeOf,
  readKey,
  refuseNetwork,
  syncFolder,
} from './place.ts'
import {pageDamage, Reader, sumDamage} from './reader.ts'
import {recover} from './recover.ts'
import {APPLICATION_ID, LEDGER_VERSION, SCHEMA} from './schema.ts'
import {Writer} from './writer.ts'

const RESERVE_BYTES = 16 * 2 ** 20
/** Pages of 4 KiB: the log is folded back at 16 MiB. */
const CHECKPOINT_PAGES = 4000
const BUSY_MS = 2000

export interface LedgerOptions {
  /** Epoch milliseconds. */
  readonly now?: () => number
  readonly reserveBytes?: number
  readonly fileSystemType?: FileSystemType
}

/**
 * Opens the ledger of a migration folder for moving, or makes it. One mover at a time: the second is refused and
 * told who holds it. Entries that a crash left `claimed` become `doubt` and are counted (K2–K5).
 */
export async function openLedger(path: string, run: LedgerRun, options: LedgerOptions = {}): Promise<Ledger> {
  const place = placeOf(path)
  using opened = new DisposableStack()
  try {
    refuseNetwork(path, options.fileSystemType ?? fileSystemType)
    const lock = opened.use(takeLock(place))
    create(place)
    const db = opened.use(connect(place))
    const key = keyOf(place, db)
    check(db, place)
    makeReserve(place.reserve, options.reserveBytes ?? RESERVE_BYTES)
    const now = options.now ?? Date.now
    recover(db, run, now)
    const ledger = new Writer({db, place, key, lock, now, archiving: run.archiving ?? 'kept'})
    opened.move()
    return await Promise.resolve(ledger)
  } catch (error) {
    throw understood(error, path)
  }
}

/** For report, verify, status and check. Never changes the ledger and never waits for its mover. */
export async function readLedger(path: string): Promise<LedgerReader> {
  const place = placeOf(path)
  if (!existsSync(path)) {
    throw new MqliftError('input', `there is no ledger at ${path}: nothing was moved from this folder yet`, {
      reason: 'no-ledger',
      file: path,
      suggestions: ['mqlift migrate --execute'],
    })
  }
  try {
    const db = new DatabaseSync(path, {readOnly: true, timeout: BUSY_MS})
    refuseForeign(db, path)
    return await Promise.resolve(new Reader(db, place, readKey(place.key)))
  } catch (error) {
    throw understood(error, path)
  }
}

/** An exclusive transaction on a file of its own: freed by the system when the process dies, however it dies. */
function takeLock(place: LedgerPlace): DatabaseSync {
  try {
    if (!existsSync(place.lock)) createFile(place.lock)
    const lock = new DatabaseSync(place.lock)
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    const known = understood(error, place.database)
    throw known instanceof MqliftError && known.reason === 'ledger-locked'
      ? busy(place.database, holder(place), error)
      : known
  }
}

function holder(place: LedgerPlace): string {
  try {
    using db = new DatabaseSync(place.database, {readOnly: true, timeout: BUSY_MS})
    const run = new Accounts(db).runs().at(-1)
    return run ? `pid ${run.pid} on ${run.host} since ${run.at}` : 'another mqlift'
  } catch {
    return 'another mqlift'
  }
}

/** Made under another name first: a crash leaves either no ledger or a whole one. */
function create(place: LedgerPlace): void {
  if (existsSync(place.database)) return
  if (existsSync(place.key)) {
    throw damaged(
      place.database,
      'it is gone, but its key is still here: something was moved from this folder',
    )
  }
  const fresh = `${place.database}.new`
  for (const leftover of [fresh, `${fresh}-journal`]) rmSync(leftover, {force: true})
  createFile(fresh)
  using db = new DatabaseSync(fresh)
  db.exec(`${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LEDGER_VERSION};
    INSERT INTO meta VALUES ('digest_segment', 1), ('digest_bytes', 0), ('next_seq', 1)`)
  db.close()
  renameSync(fresh, place.database)
  syncFolder(dirname(place.database))
}

function connect(place: LedgerPlace): DatabaseSync {
  const db = new DatabaseSync(place.database, {timeout: BUSY_MS})
  refuseForeign(db, place.database)
  // fullfsync matters on macOS only, where fsync does not reach the disk.
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -32768`)
  return db
}

function refuseForeign(db: DatabaseSync, path: string): void {
  const application = Number(db.prepare('PRAGMA application_id').get()?.['application_id'])
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (application !== APPLICATION_ID) throw damaged(path, 'it is not an mqlift ledger')
  if (version > LEDGER_VERSION) {
    throw new MqliftError('input', `${path} was written by a newer mqlift (ledger version ${version})`, {
      reason: 'newer',
      file: path,
      suggestions: ['use the mqlift version that wrote it, or a later one'],
    })
  }
}

/** A ledger whose key is not the one its digests were made with would pair nothing: refused, never replaced. */
function keyOf(place: LedgerPlace, db: DatabaseSync) {
  const accounts = new Accounts(db)
  const known = accounts.meta('key_id')
  if (!existsSync(place.key)) {
    if (known !== undefined) throw damaged(place.database, `its key ${place.key} is gone`)
    createKey(place.key)
  }
  const key = readKey(place.key)
  if (known === undefined) db.prepare("INSERT INTO meta VALUES ('key_id', ?)").run(keyIdOf(key))
  else if (known !== keyIdOf(key)) throw damaged(place.database, `${place.key} belongs to another ledger`)
  return key
}

function check(db: DatabaseSync, place: LedgerPlace): void {
  const [first] = [...pageDamage(db), ...sumDamage(new Accounts(db).all())]
  if (first !== undefined) throw damaged(place.database, first)
}
