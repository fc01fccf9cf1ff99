/** Work on one thing after another: on a terminal, or with a person. */
const last = new WeakMap<object, Promise<void>>()

/** Does something when everything has been done that was to be done with this thing before. */
export async function inTurn<T>(thing: object, work: () => Promise<T>): Promise<T> {
  const before = last.get(thing) ?? Promise.resolve()
  const done = before.then(work)
  last.set(
    thing,
    done.then(
      () => {},
      () => {},
    ),
  )
  return await done
}
