/** Quantities as people write and read them. */

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
}

const TIME_UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1e3, m: 60e3, min: 60e3 }

/** Bytes from `65536`, `64MiB`, `64M` (the same) or `64MB` (millions); undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const bytes = parseQuantity(text, SIZE_UNITS)
  return bytes !== undefined && Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Milliseconds from `500`, `500ms`, `2s` or `1m`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, TIME_UNITS)
}

/** A whole number, exactly, however large; undefined for anything else. */
export function parseCount(text: string): bigint | undefined {
  return /^\d+(?:_\d+)*$/.test(text) ? BigInt(text.replaceAll('_', '')) : undefined
}

export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 2 ** (10 * power)
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

export function formatMs(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`
}

export function formatCount(count: number | bigint): string {
  return count.toLocaleString('en')
}

/** `1 command`, `2 commands`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = /^(\d+(?:_\d+)*(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? []
  if (number === undefined || unit === undefined || !Object.hasOwn(units, unit.toLowerCase()))
    return undefined
  return Number(number.replaceAll('_', '')) * (units[unit.toLowerCase()] ?? 1)
}
