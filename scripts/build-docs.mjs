// Writes the pages of docs/ that follow from the code: `npm run build:docs`, after `npm run build:ts`. They are committed,
// and `npm test` fails when they are not as generated.
//
//   node scripts/build-docs.mjs [DIRECTORY]    where they go. Default: docs

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { at, main, Stop } from './steps.mjs'

const folder = resolve(process.argv[2] ?? at('docs'))

await main(async () => {
  const { EXIT_CODES } = await import('../build/exit-codes.js')
  writeFileSync(join(folder, 'errors.md'), errorsPage(EXIT_CODES))
  writeFileSync(join(folder, 'cli.md'), cliPage())
})

function errorsPage(exitCodes) {
  const source = readFileSync(at('src', 'errors.ts'), 'utf8')
  const [, body] = /interface PluginHostErrorDetails \{\n(.*?)\n\}\n/s.exec(source) ?? []
  const entries = [
    ...(body ?? '').matchAll(/ {2}\/\*\* (.*?) \*\/\n {2}(ERR_\w+): (.*?)(?=\n {2}\/\*\*|$)/gs),
  ]
  const known = entries.map(([, , code]) => code)
  for (const code of Object.keys(exitCodes))
    if (!known.includes(code)) throw new Stop(`${code} has no documentation in src/errors.ts`)
  const rows = entries.map(([, when, code, details]) => {
    const names = [...details.matchAll(/readonly (\w+\??):/g)].map(([, name]) => `\`${name}\``)
    if (details.includes('MaybeUsage')) names.push('`usage?`')
    if (details.includes('WithUsage')) names.push('`usage`')
    return `| \`${code}\` | ${cell(when)} | ${names.join(', ')} | ${exitCodes[code]} |`
  })
  return `# Errors by code

Every fault of the host or the sandbox is a \`PluginHostError\` with one of these codes, typed \`details\` and, where there
is one, a \`cause\`. The message is for people: look at the code. \`usage\` is the receipt of what the plugin had used by then;
beside it, where a WASI plugin's output is captured, \`stdout\` and \`stderr\` have what it had written.
\`sen\` ends with the exit code.

| code | when | details | exit code |
| --- | --- | --- | ---: |
${rows.join('\n')}

What the system says of a path (\`ENOENT\`, \`EACCES\` …) comes with Node's own code and the \`path\`; in a scan's
\`failures\` and a watcher's \`failed\` it is the \`cause\` of \`ERR_INVALID_MODULE\`. A call that is aborted rejects with the reason of its
signal.

## Why an execution was refused

\`details.reason\` of \`ERR_PERMISSION_DENIED\`. A strategy or prompt of a program's own may have others.

| reason | what happened |
| --- | --- |
${deniedReasons().join('\n')}

## Why an effect came to nothing

\`reason\` of an \`EffectFailure\`, on the channel \`sen-plugin-host:effect\` and in the audit, and all that the plugin is told.

| reason | what the plugin is told |
| --- | --- |
${failureReasons().join('\n')}
`
}

function deniedReasons() {
  const source = readFileSync(at('src', 'permissions', 'denial.ts'), 'utf8')
  const reasons = [...source.matchAll(/\/\*\* (.*) \*\/\n {2}\| '([\w-]+)'/g)]
  if (reasons.length === 0)
    throw new Stop('src/permissions/denial.ts has no reasons where they are looked for')
  return reasons.map(([, what, reason]) => `| \`${reason}\` | ${cell(what)} |`)
}

function failureReasons() {
  const source = readFileSync(at('src', 'effects', 'failure.ts'), 'utf8')
  const [, body] = /TEXTS: .*? = \{\n(.*?)\n\}/s.exec(source) ?? []
  const reasons = [...(body ?? '').matchAll(/^ {2}(\w+): '(.*)',$/gm)]
  if (reasons.length === 0) throw new Stop('src/effects/failure.ts has no texts where they are looked for')
  return reasons.map(([, reason, text]) => `| \`${reason}\` | ${cell(text)} |`)
}

function cliPage() {
  const top = help()
  const [, list] = /\nCommands:\n(.*?)\n\n/s.exec(top) ?? []
  const commands = [...(list ?? '').matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)
  const sections = commands.filter(name => name !== 'help').flatMap(name => section([name]))
  return `# The command line

What \`sen --help\` and the help of each command say.

${block(top)}
${sections.join('\n')}`
}

/** A command's section, and those of its own commands. */
function section(words) {
  const text = help(...words)
  const [, list] = /\nCommands:\n(.*?)(\n\n|$)/s.exec(text) ?? []
  const own = [...(list ?? '').matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)
  const below = own.filter(name => name !== 'help').flatMap(name => section([...words, name]))
  return [`${'#'.repeat(words.length + 1)} sen ${words.join(' ')}\n\n${block(text)}`, ...below]
}

function help(...words) {
  // The width and the directories are those of no machine in particular.
  const env = { PATH: process.env.PATH, HOME: '/home/user', COLUMNS: '100', NO_COLOR: '1' }
  const args = [at('dist', 'sen.cjs'), ...words, '--help']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  if (status !== 0) throw new Stop(`sen ${words.join(' ')} --help failed: ${stderr}`)
  return stdout.trimEnd()
}

function block(text) {
  return `\`\`\`text\n${text}\n\`\`\`\n`
}

function cell(text) {
  return text.replace(/\s*\n\s*\*?\s*/g, ' ').replaceAll('|', '\\|')
}
