import { compareNames, suggestionsFor } from './suggestions.js'
import { type Place, precedes } from './watch/precedence.js'

/** What a command table needs to know of an entry. */
export interface CommandEntry {
  readonly command: string
  /** The file it comes from, absolute; absent for one that was loaded from bytes. */
  readonly path?: string | undefined
  /** Where the file stands among others; absent for one that nobody watches. */
  readonly place?: Place | undefined
}

/** What removing an entry did. */
export interface Removed<E> {
  /** Entries that are gone: a file's earlier version, or an owner that was replaced. */
  readonly removed: readonly E[]
  /** Entries that waited in line and got their command. */
  readonly promoted?: readonly E[]
}

/** What adding an entry did. */
export interface Added<E> extends Removed<E> {
  /** Who owns the command instead, where that is somebody else. */
  readonly conflict?: E
  /** Who owned the command, and waits in line for it now. */
  readonly demoted?: E
}

/**
 * Commands and their owners: one command, one owner. A file whose command is taken waits in line,
 * and gets the name when the owner goes. Among the files that one watcher follows it is their
 * order that decides, not who came first. Pure: what is added or removed is disposed of elsewhere.
 */
export class CommandTable<E extends CommandEntry> {
  readonly #owners = new Map<string, E>()
  /** Files whose command is taken, in the order in which they came. */
  readonly #waiting = new Set<E>()
  readonly #byPath = new Map<string, E>()
  /**
   * Earlier versions of watched files whose newest one waits in line for another command. They
   * serve theirs until somebody else wants it.
   */
  readonly #outdated = new Map<string, E>()

  /**
   * Gives the entry its command, if that is free or owned by an earlier version of the same file,
   * or by one that it precedes. On a conflict, `replace` takes the command from its owner, unless both
   * are watched; otherwise the entry waits in line if it comes from a file, and is left out if it does
   * not.
   */
  add(entry: E, onConflict: 'reject' | 'replace'): Added<E> {
    const { command, path, place } = entry
    const owner = this.#owners.get(command)
    const earlier = this.#versions(path)
    const replaces = onConflict === 'replace' && (place === undefined || owner?.place === undefined)
    const isOther = owner !== undefined && !earlier.includes(owner)
    // A watched file that loses its command waits for it: it is still there.
    if (isOther && (precedes(entry, owner) || (replaces && owner.place !== undefined))) {
      for (const gone of earlier) this.#drop(gone)
      const removed = [...earlier]
      if (this.#isOutdated(owner)) {
        this.#drop(owner)
        removed.push(owner)
      } else {
        this.#waiting.add(owner)
      }
      this.#own(entry)
      const demoted = this.#waiting.has(owner) ? { demoted: owner } : {}
      return { ...this.#promote(removed), ...demoted }
    }
    if (
      owner === undefined ||
      earlier.includes(owner) ||
      (this.#isOutdated(owner) && place !== undefined) ||
      replaces
    ) {
      const removed = [...new Set([owner, ...earlier])].filter(gone => gone !== undefined)
      for (const gone of removed) this.#drop(gone)
      this.#own(entry)
      return this.#promote(removed)
    }
    if (path === undefined) return { removed: [], conflict: owner }
    const serving = earlier.find(version => this.#owners.get(version.command) === version)
    // An earlier version that owns another command keeps serving it: the file's new version has
    // nothing to offer in its place. Who watches the file wants the new one as soon as it can be had.
    if (serving !== undefined && place === undefined) return { removed: [], conflict: owner }
    const removed = earlier.filter(version => version !== serving)
    for (const gone of removed) this.#drop(gone)
    if (serving !== undefined) this.#outdated.set(path, serving)
    this.#byPath.set(path, entry)
    this.#waiting.add(entry)
    const after = this.#promote(removed)
    return this.#owners.get(command) === entry ? after : { ...after, conflict: owner }
  }

  /** Takes an entry out, with all versions of its file; the first in line for a command gets it. */
  remove(entry: E): Removed<E> {
    const versions = this.#versions(entry.path)
    const removed = versions.includes(entry) ? versions : [entry]
    for (const gone of removed) this.#drop(gone)
    return this.#promote(removed)
  }

  /** The owner of a command. */
  get(command: string): E | undefined {
    return this.#owners.get(command)
  }

  /** The newest entry from a file, whether it owns its command or waits for it. */
  byPath(path: string): E | undefined {
    return this.#byPath.get(path)
  }

  /** The entry from a file that owns a command: its newest, or the one before. */
  serving(path: string): E | undefined {
    return this.#versions(path).find(version => this.#owners.get(version.command) === version)
  }

  get size(): number {
    return this.#owners.size
  }

  /** The owners, sorted by command. */
  owners(): E[] {
    return [...this.#owners.values()].sort((a, b) => compareNames(a.command, b.command))
  }

  /** Every entry, those in line included. */
  entries(): E[] {
    return [...this.#owners.values(), ...this.#waiting]
  }

  /** Commands that somebody may have meant, the closest first. */
  suggestions(command: string): string[] {
    return suggestionsFor(command, this.#owners.keys())
  }

  /** The entries from a file: the newest, then one that is outdated and still serves. */
  #versions(path: string | undefined): E[] {
    if (path === undefined) return []
    return [this.#byPath.get(path), this.#outdated.get(path)].filter(entry => entry !== undefined)
  }

  #isOutdated(entry: E): boolean {
    return entry.path !== undefined && this.#outdated.get(entry.path) === entry
  }

  #own(entry: E): void {
    this.#owners.set(entry.command, entry)
    if (entry.path !== undefined) this.#byPath.set(entry.path, entry)
  }

  #drop(entry: E): void {
    const { command, path } = entry
    if (this.#owners.get(command) === entry) this.#owners.delete(command)
    if (path !== undefined && this.#byPath.get(path) === entry) this.#byPath.delete(path)
    if (path !== undefined && this.#outdated.get(path) === entry) this.#outdated.delete(path)
    this.#waiting.delete(entry)
  }

  /** Gives commands that are free to the first in line for them, until none can be given. */
  #promote(removed: readonly E[]): Removed<E> {
    const gone = [...removed]
    const promoted: E[] = []
    for (let next = this.#nextInLine(); next !== undefined; next = this.#nextInLine()) {
      const owner = this.#owners.get(next.command)
      const outdated = this.#outdated.get(next.path ?? '')
      for (const entry of new Set([owner, outdated])) {
        if (entry === undefined) continue
        this.#drop(entry)
        gone.push(entry)
      }
      this.#waiting.delete(next)
      this.#own(next)
      promoted.push(next)
    }
    return promoted.length === 0 ? { removed: gone } : { removed: gone, promoted }
  }

  /** Who of those in line can have its command now. */
  #nextInLine(): E | undefined {
    let next: E | undefined
    for (const entry of this.#waiting) {
      const owner = this.#owners.get(entry.command)
      if (owner !== undefined && !this.#isOutdated(owner)) continue
      if (next === undefined || (next.command === entry.command && precedes(entry, next))) next = entry
    }
    return next
  }
}
