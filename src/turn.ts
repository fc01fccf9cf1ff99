/**
 * How long guests may hold the event loop in one of its turns, all calls of the turn together. A
 * short call is done by then, and is spared two changes of thread, which cost more than itself.
 */
export const SLICE_MS = 0.1

let spent = 0
let counting = false
let next: Promise<void> | undefined

/** What is left for guests in this turn of the event loop, in milliseconds. */
export function remaining(): number {
  return Math.max(0, SLICE_MS - spent)
}

/** Notes that a guest held the event loop for this long. */
export function spend(ms: number): void {
  spent += ms
  if (counting) return
  setImmediate(() => {
    counting = false
    spent = 0
  }).unref()
  // Only now: with JavaScript's stack nearly full, the line above can throw.
  counting = true
}

/** The next turn of the event loop, if somebody waits for it already. */
export function awaitedTurn(): Promise<void> | undefined {
  return next
}

/** The next turn of the event loop: those who wait for it go on in the order in which they came. */
export function nextTurn(): Promise<void> {
  if (next !== undefined) return next
  let scheduled = false
  const turn = new Promise<void>(resolve => {
    setImmediate(() => {
      next = undefined
      resolve()
    })
    scheduled = true
  })
  if (scheduled) next = turn
  return turn
}
