import { MIMEType, TextDecoder } from 'node:util'
import { EffectFailure } from '../failure.js'

/** Kinds of content that are never text, whatever their bytes are; SVG is, being XML. */
const BINARY = new Set(['audio', 'font', 'image', 'video'])

/**
 * A body as text. By its content type it is none if that is audio, a font, an image or a video and
 * not XML. Everything else is what its bytes are: text if all of them are in the charset that a
 * byte order mark or the content type names, UTF-8 where neither does, and no character is NUL.
 * Many servers send JSON as `application/octet-stream`, so that no more is to be had from the type.
 *
 * @throws {EffectFailure} `notText`; `unknownEncoding` for a charset that nobody knows.
 */
export function decodeText(bytes: Buffer, contentType: string | undefined): string {
  if (bytes.length === 0) return ''
  const type = contentType === undefined ? undefined : parseType(contentType)
  if (type !== undefined && BINARY.has(type.type) && !type.subtype.endsWith('+xml')) {
    throw new EffectFailure(`the body is ${type.essence}`, { reason: 'notText' })
  }
  const decoder = createDecoder(charsetOfMark(bytes) ?? type?.params.get('charset') ?? 'utf-8')
  const text = decoder.encoding === 'windows-1252' ? decodeWindows1252(bytes) : decode(decoder, bytes)
  if (text.includes('\0')) throw new EffectFailure('the body has NUL characters in it', { reason: 'notText' })
  return text
}

/** What windows-1252, which is also what `latin1` means on the web, has at 0x80 to 0x9f. */
const WINDOWS_1252_C1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

const WINDOWS_1252 = Uint16Array.from({ length: 0x100 }, (_, byte) =>
  byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252_C1.charCodeAt(byte - 0x80) : byte,
)

/** Node 20's decoder has control characters there. Every system that there is an addon for is little-endian. */
function decodeWindows1252(bytes: Buffer): string {
  const units = new Uint16Array(bytes.length)
  for (let index = 0; index < bytes.length; index += 1) {
    units[index] = WINDOWS_1252[bytes[index] as number] as number
  }
  return Buffer.from(units.buffer).toString('utf16le')
}

function parseType(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

/** By the standard of encodings, the mark goes before what is said elsewhere. */
function charsetOfMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return undefined
}

function createDecoder(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch (cause) {
    throw new EffectFailure(`the body is in the charset ${charset}`, { reason: 'unknownEncoding', cause })
  }
}

function decode(decoder: TextDecoder, bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new EffectFailure(`the body is not ${decoder.encoding}`, { reason: 'notText', cause })
  }
}
