/**
 * How long guests may hold the event loop in one of its turns, all calls of the turn together. A
 * short call is done by then, and is spared two changes of thread, which cost more than itself.
 */
const SLICE_MS = 0.1

/**
 * What is kept back for the last call of a turn, which cannot be suspended where it is expected to be
 * short: twice what calls took of late, within these. The most is the host's `SHORT`.
 */
const LEAST_RESERVE_MS = 0.015
const MOST_RESERVE_MS = 0.05

/** How much of what is expected of a call is still expected of the next, where that was shorter. */
const FORGETTING = 0.9

let spent = 0
let counting = false
let expected = MOST_RESERVE_MS

/** What is left for guests in this turn of the event loop, in milliseconds; 0 where no call may begin. */
export function remaining(): number {
  const reserve = Math.min(Math.max(2 * expected, LEAST_RESERVE_MS), MOST_RESERVE_MS)
  return spent > SLICE_MS - reserve ? 0 : SLICE_MS - spent
}

/**
 * What is scheduled for later is scheduled from a microtask, where the stack is empty: with
 * JavaScript's stack nearly full, setImmediate can throw half-way, and Node then waits for ever for
 * an immediate that is counted and not queued.
 */
const shallow = Promise.resolve()

/** Notes that a guest held the event loop for this long. */
export function spend(ms: number): void {
  // Before anything is noted, here and below: this can throw too.
  if (!counting) void shallow.then(countTurn)
  counting = true
  spent += ms
  // A long one is expected again at once, short ones after some that were.
  expected = Math.max(ms, expected * FORGETTING)
}

function countTurn(): void {
  setImmediate(beginTurn).unref()
}

function beginTurn(): void {
  counting = false
  spent = 0
}

/** Whose calls wait for a later turn: how many do. */
export interface Waiters {
  waiting: number
}

/** Calls that begin in a later turn, in the order in which they came; those before `head` have begun. */
let queue: (() => void)[] = []
let head = 0

/** Whether calls wait for a later turn, so that nobody may go ahead of them. */
export function othersWait(): boolean {
  return queue.length > 0
}

/** Begins in the first later turn of the event loop that has time left for guests. */
export function inLaterTurn<T>(owner: Waiters, begin: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (queue.length === 0) void shallow.then(drainLater)
    queue.push(() => {
      owner.waiting -= 1
      try {
        resolve(begin())
      } catch (error) {
        reject(error)
      }
    })
    owner.waiting += 1
  })
}

function drainLater(): void {
  setImmediate(drain)
}

/** Calls that have begun are kept until there are so many. */
const BEGUN = 1024

function drain(): void {
  beginTurn()
  while (head < queue.length && remaining() > 0) {
    const next = queue[head]
    head += 1
    next?.()
  }
  if (head === queue.length || head >= BEGUN) {
    queue = queue.slice(head)
    head = 0
  }
  if (queue.length > 0) drainLater()
}
