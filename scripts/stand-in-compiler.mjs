#!/usr/bin/env node
// Stands in for compilers, assemblers and archivers where nothing will be linked (check-platforms.mjs): takes any
// arguments, and makes the file that they name as output, empty.

import { writeFileSync } from 'node:fs'

const words = process.argv.slice(2)
// `-o FILE` of compilers, `-FoFILE` and `/Fo FILE` of Microsoft's, `/OUT:FILE` of its archiver, `cq FILE` of others'.
const attached = words.map(word => /^[-/](?:Fo|out:)(.+)/i.exec(word)?.[1]).find(file => file !== undefined)
const after = words.findIndex(word => /^(-o|[-/]Fo|[a-z]*[cqs][a-zD]*)$/.test(word))
const output = attached ?? (after < 0 ? undefined : words[after + 1])
if (output !== undefined) writeFileSync(output, '')
