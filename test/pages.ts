import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from './cli/sen.js'

/** What a comment directly above a sample can say of it: readers do not see it. */
type Note =
  /** A file of the project: the sample is a run of its lines. */
  | 'file'
  /** Lines that come before the sample, in the same program. */
  | 'before'
  /** Where the sample is put in the project of a reader, for the samples after it. */
  | 'saved as'
  /** Why the sample is not run. TypeScript is checked for its types all the same. */
  | 'not run'
  /** Why TypeScript is not checked for its types with the others, nor run. */
  | 'not compiled'

/** A fenced block of a page. */
export interface Sample {
  readonly page: string
  /** The line of its fence, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  readonly notes: Readonly<Partial<Record<Note, string>>>
  /** The text block that follows, which is what the sample prints. */
  readonly output?: string
}

/** A page in Markdown: what tests want to know of it. */
export interface Page {
  /** The file, from the project's root. */
  readonly name: string
  readonly samples: readonly Sample[]
  /** Targets of links, as they are written. */
  readonly links: readonly string[]
  /** What `#…` can lead to, as GitHub names headings. */
  readonly anchors: ReadonlySet<string>
}

const FENCE = /^```(\w*)\n(.*?)^```$/gms
const NOTE = /^<!-- (file|before|saved as|not run|not compiled):\s(.*?) -->\n+$/s

export async function readPage(name: string): Promise<Page> {
  const text = await readFile(join(projectRoot, name), 'utf8')
  const prose = text.replace(FENCE, '').replace(/`[^`\n]*`/g, code => code.replace(/[[\]()]/g, ' '))
  return {
    name,
    samples: samplesOf(name, text),
    links: Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link),
    anchors: anchorsOf(text.replace(FENCE, '')),
  }
}

function samplesOf(page: string, text: string): Sample[] {
  return Array.from(text.matchAll(FENCE), fence => {
    const [whole, language = '', code = ''] = fence
    const above = text.slice(0, fence.index)
    const [, output] = /^\n\n```text\n(.*?\n)```\n/s.exec(text.slice(fence.index + whole.length)) ?? []
    return {
      page,
      line: above.split('\n').length,
      language,
      code,
      notes: notesOf(above),
      ...(output === undefined ? {} : { output }),
    }
  })
}

function notesOf(above: string): Partial<Record<Note, string>> {
  const notes: Partial<Record<Note, string>> = {}
  let rest = above
  for (;;) {
    const start = rest.lastIndexOf('<!-- ')
    const [, note, value] = start < 0 ? [] : (NOTE.exec(rest.slice(start)) ?? [])
    if (note === undefined || value === undefined) return notes
    notes[note as Note] = value
    rest = rest.slice(0, start)
  }
}

/** GitHub's rule: lower case, no punctuation but hyphens and underscores, and a number for what comes again. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
    const anchor = plain.replace(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-')
    let name = anchor
    for (let number = 1; anchors.has(name); number += 1) name = `${anchor}-${number}`
    anchors.add(name)
  }
  return anchors
}
