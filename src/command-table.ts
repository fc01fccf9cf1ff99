import { distance } from 'fastest-levenshtein'

/** What a command table needs to know of an entry. */
export interface CommandEntry {
  readonly command: string
  /** The file it comes from, absolute; absent for one that was loaded from bytes. */
  readonly path?: string | undefined
}

/** What adding an entry did. */
export interface Added<E> {
  /** Entries that are gone: the file's earlier version, or an owner that was replaced. */
  readonly removed: readonly E[]
  /** Who owns the command instead, where that is somebody else. */
  readonly conflict?: E
}

/**
 * Commands and their owners: one command, one owner. A file whose command is taken waits in line,
 * and gets the name when the owner goes. Pure: what is added or removed is disposed of elsewhere.
 */
export class CommandTable<E extends CommandEntry> {
  readonly #owners = new Map<string, E>()
  /** Files whose command is taken, in the order in which they came. */
  readonly #waiting = new Set<E>()
  readonly #byPath = new Map<string, E>()

  /**
   * Gives the entry its command, if that is free or owned by an earlier version of the same file.
   * On a conflict, `replace` takes the command from its owner; otherwise the entry waits in line if
   * it comes from a file, and is left out if it does not.
   */
  add(entry: E, onConflict: 'reject' | 'replace'): Added<E> {
    const owner = this.#owners.get(entry.command)
    const earlier = entry.path === undefined ? undefined : this.#byPath.get(entry.path)
    if (owner === undefined || owner === earlier || onConflict === 'replace') {
      const removed = [...new Set([owner, earlier])].filter(gone => gone !== undefined)
      for (const gone of removed) this.#drop(gone)
      this.#own(entry)
      this.#promote()
      return { removed }
    }
    if (entry.path === undefined) return { removed: [], conflict: owner }
    // An earlier version that owns another command keeps serving it: the file's new version has
    // nothing to offer in its place.
    if (earlier !== undefined && this.#owners.get(earlier.command) === earlier)
      return { removed: [], conflict: owner }
    if (earlier !== undefined) this.#drop(earlier)
    this.#byPath.set(entry.path, entry)
    this.#waiting.add(entry)
    return { removed: earlier === undefined ? [] : [earlier], conflict: owner }
  }

  /** Takes an entry out; the first in line for its command gets it. */
  remove(entry: E): void {
    this.#drop(entry)
    this.#promote()
  }

  /** The owner of a command. */
  get(command: string): E | undefined {
    return this.#owners.get(command)
  }

  /** The entry from a file, whether it owns its command or waits for it. */
  byPath(path: string): E | undefined {
    return this.#byPath.get(path)
  }

  get size(): number {
    return this.#owners.size
  }

  /** The owners, sorted by command. */
  owners(): E[] {
    return [...this.#owners.values()].sort((a, b) => compare(a.command, b.command))
  }

  /** Every entry, those in line included. */
  entries(): E[] {
    return [...this.#owners.values(), ...this.#waiting]
  }

  /** Commands that somebody may have meant, the closest first. */
  suggestions(command: string): string[] {
    // A very long word is no misspelt command, and comparing it would take long.
    if (command.length > 128) return []
    const farthest = Math.max(1, Math.floor(command.length / 3))
    return [...this.#owners.keys()]
      .map(name => ({
        name,
        distance: name.startsWith(command) && command !== '' ? 0 : distance(command, name),
      }))
      .filter(candidate => candidate.distance <= farthest)
      .sort((a, b) => a.distance - b.distance || compare(a.name, b.name))
      .slice(0, 3)
      .map(({ name }) => name)
  }

  #own(entry: E): void {
    this.#owners.set(entry.command, entry)
    if (entry.path !== undefined) this.#byPath.set(entry.path, entry)
  }

  #drop(entry: E): void {
    if (this.#owners.get(entry.command) === entry) this.#owners.delete(entry.command)
    if (entry.path !== undefined && this.#byPath.get(entry.path) === entry) this.#byPath.delete(entry.path)
    this.#waiting.delete(entry)
  }

  /** Gives commands that are free to the first in line for them. */
  #promote(): void {
    for (const entry of this.#waiting) {
      if (this.#owners.has(entry.command)) continue
      this.#waiting.delete(entry)
      this.#own(entry)
    }
  }
}

/** By code unit, so that the order is the same in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
