/**
 * What may not reach a terminal: control characters (C0 with escape and carriage return, DEL, C1),
 * bidirectional controls, line and paragraph separators, and characters that nobody can see.
 * Variation selectors stay: emoji and ideographs need them, and they do nothing else.
 */
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u{fff9}-\u{fffb}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text of a plugin as something that can only be read: whatever would move the cursor, colour,
 * reorder or hide text, or talk to the terminal is shown as an escape such as `\x1b`. New lines and
 * tabs stay.
 */
export function inert(text: string): string {
  return text.replace(UNSAFE, character =>
    character === '\n' || character === '\t' ? character : visible(character),
  )
}

/** The same on one line, for names, cells of tables and messages: new lines and tabs are shown too. */
export function inertLine(text: string): string {
  return text.replace(UNSAFE, visible)
}

/** The same inside a JSON document, whose value stays what it was. */
export function inertJson(document: string): string {
  // Line ends of the document itself; those in its texts are escaped already.
  return document.replace(UNSAFE, character => (character === '\n' ? character : jsonEscape(character)))
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return SHORT_ESCAPES[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`)
}

function jsonEscape(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
