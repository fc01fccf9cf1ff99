import { parseDuration } from './units.js'

const DAYS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 }

/**
 * A moment from `2026-03-01`, `2026-03-01T12:00:00Z` (ISO 8601: a date is UTC's, a time without its
 * zone the machine's), or a time ago: `90s`, `15m`, `2h`, `7d`; undefined for anything else.
 */
export function parseMoment(text: string, now: number): Date | undefined {
  const ago = parseAgo(text)
  const time = ago === undefined ? parseIso(text) : now - ago
  const moment = new Date(time)
  return Number.isNaN(moment.getTime()) ? undefined : moment
}

function parseAgo(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([hd])$/i.exec(text) ?? []
  if (number !== undefined) return Number(number) * (DAYS[unit.toLowerCase()] ?? 0)
  // A number alone could be anything.
  return /^\d+(?:\.\d+)?$/.test(text) ? undefined : parseDuration(text)
}

function parseIso(text: string): number {
  return /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN
}
