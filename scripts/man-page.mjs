// The manual page of sen, from the very definitions that parse its command line.

/** Environment and files are not part of any definition. */
const ENVIRONMENT = [
  ['NO_COLOR', 'Where this is set, nothing is coloured.'],
  ['FORCE_COLOR', 'Where this is set, and not to 0 or false, output is coloured into pipes and files too.'],
  [
    'SEN_PLUGIN_HOST_CACHE',
    'The directory that compiled code is kept in, or off. Otherwise the cache directory of the user.',
  ],
  ['XDG_DATA_HOME', 'Where sen/plugins is looked for. Otherwise ~/.local/share.'],
  ['XDG_STATE_HOME', 'Where sen/history keeps what was typed in the shell. Otherwise ~/.local/state.'],
]

/** The page as troff with the man macros, of commander's `program`. */
export function manPage(program, version) {
  const help = program.createHelp()
  const commands = help.visibleCommands(program)
  const { sections } = afterHelp(program)
  return [
    `.TH SEN 1 "" ${quoted(`sen-plugin-host ${version}`)} "User Commands"`,
    '.SH NAME',
    `sen \\- ${text(sentenceOf(program.description()))}`,
    '.SH SYNOPSIS',
    '.B sen',
    text(program.usage()),
    '.SH DESCRIPTION',
    ...paragraphs(program),
    '.SH OPTIONS',
    ...help.visibleOptions(program).flatMap(option),
    '.SH COMMANDS',
    ...commands.flatMap(command => commandSection(command, 'sen')),
    ...sections.flatMap(({ title, lines }) => [`.SH ${text(title.toUpperCase())}`, ...preformatted(lines)]),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, about]) => ['.TP', `.B ${text(name)}`, text(about)]),
    '',
  ].join('\n')
}

function commandSection(command, parent) {
  const help = command.createHelp()
  const call = `${parent} ${command.name()}`
  const { sections } = afterHelp(command)
  const subcommands = help.visibleCommands(command).filter(({ _name }) => _name !== 'help')
  return [
    `.SS ${quoted(`${call} ${command.usage()}`)}`,
    ...paragraphs(command),
    ...help
      .visibleArguments(command)
      .flatMap(argument => ['.TP', `.I ${text(argument.name())}`, text(help.argumentDescription(argument))]),
    ...help.visibleOptions(command).flatMap(option),
    ...sections.flatMap(({ title, lines }) => ['.PP', text(`${title}:`), ...preformatted(lines)]),
    ...subcommands.flatMap(subcommand => commandSection(subcommand, call)),
  ]
}

/** A command's description, and what its help says below the options, but for what has a title. */
function paragraphs(command) {
  return [command.description(), ...afterHelp(command).paragraphs].flatMap(paragraph => [
    '.PP',
    text(paragraph),
  ])
}

function option({ flags, description }) {
  return ['.TP', `.B ${text(flags)}`, text(description)]
}

/** What was added to a command's help: blocks of indented lines under a title, and paragraphs. */
function afterHelp(command) {
  let added = ''
  command.emit('afterHelp', {
    error: false,
    command,
    write: piece => {
      added += piece
    },
  })
  const blocks = added
    .split(/\n\s*\n/)
    .map(block => block.replace(/^\n+|\n+$/g, ''))
    .filter(block => block !== '')
  const sections = []
  const paragraphs = []
  for (const block of blocks) {
    const [title = '', ...lines] = block.split('\n')
    if (/^(?:Examples?|Exit codes):$/.test(title)) sections.push({ title: title.slice(0, -1), lines })
    else paragraphs.push(block.replaceAll('\n', ' '))
  }
  return { sections, paragraphs }
}

function preformatted(lines) {
  return ['.nf', ...lines.map(line => (line === '' ? '.sp' : text(line))), '.fi']
}

/** A text in which nothing is a request or an escape. */
function text(plain) {
  const escaped = plain.replaceAll('\\', '\\e').replaceAll('-', '\\-')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}

function quoted(plain) {
  return `"${text(plain).replaceAll('"', '\\(dq')}"`
}

function sentenceOf(description) {
  return description.charAt(0).toLowerCase() + description.slice(1).replace(/\.$/, '')
}
