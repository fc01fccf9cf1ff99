const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?Z)?$/

/** When something ends, as people write it: `2030-01-31` or `2030-01-31T12:00:00Z`, in UTC; undefined for anything else. */
export function parseDate(text: string): Date | undefined {
  const date = new Date(DATE.test(text) ? text : Number.NaN)
  // What the calendar does not have, such as 30 February, would be some other day.
  return Number.isNaN(date.getTime()) || date.toJSON().slice(0, 10) !== text.slice(0, 10) ? undefined : date
}
