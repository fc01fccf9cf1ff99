import type { Command } from 'commander'
import type { FilePermissionStore, PermissionGrant } from '../../index.js'
import { inertLine } from '../../inert.js'
import { capabilityLines } from '../capability-lines.js'
import { type Context, perform } from '../context.js'
import { UsageError } from '../failure.js'
import {
  type GrantKind,
  givenGrants,
  grantTo,
  KINDS,
  parseKind,
  parseUntil,
  permissionStore,
  placeText,
  refusedOf,
} from '../grants.js'
import {
  addLoadOptions,
  addReportOptions,
  type LoadOptions,
  loadingOf,
  type ReportOptions,
} from '../options.js'
import { displayPath } from '../paths.js'
import { table } from '../table.js'
import { counted } from '../units.js'

interface StoreOptions extends ReportOptions {
  readonly store?: string
}

type GrantOptions = StoreOptions &
  LoadOptions & { readonly only?: readonly GrantKind[]; readonly until?: Date }

const COLUMNS = [
  { title: 'COMMAND' },
  { title: 'GRANTED', most: 60 },
  { title: 'UNTIL' },
  { title: 'WHERE', cut: 'start' },
  { title: 'FILE', cut: 'start' },
  { title: 'DIGEST', cut: 'end' },
] as const

/** `sen permissions`: what plugins were granted for good. */
export function addPermissions(program: Command, context: Context): void {
  const permissions = program
    .command('permissions')
    .summary('show, give or revoke what plugins may do')
    .description(
      'Plugins that ask for capabilities are granted them by code: a plugin that changes is looked at again.',
    )
  const add = (usage: string, summary: string) => {
    const command = permissions
      .command(usage)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
      .option(
        '--store <FILE>',
        "where grants are written down (default: in the user's configuration directory)",
      )
    addReportOptions(command)
    return command
  }
  add('list', 'list what was granted').action((options: StoreOptions) =>
    perform(context, options, () => list(context, options)),
  )
  add('show <command|digest>', 'show what a plugin was granted, and what it was refused').action(
    (which: string, options: StoreOptions) => perform(context, options, () => show(context, which, options)),
  )
  addLoadOptions(
    add('grant <file>', 'grant a plugin what it asks for, or some of it')
      .option(
        '--only <KIND>',
        `some of it: ${KINDS.join(', ')}; may be repeated`,
        (kind: string, earlier: readonly GrantKind[] = []) => [...earlier, parseKind(kind)],
      )
      .option('--until <DATE>', 'when that ends: 2030-01-31, or 2030-01-31T12:00:00Z', parseUntil),
  ).action((file: string, options: GrantOptions) =>
    perform(context, options, () => grant(context, file, options)),
  )
  add('revoke <command|digest>', 'revoke what a plugin was granted').action(
    (which: string, options: StoreOptions) =>
      perform(context, options, () => revoke(context, which, options)),
  )
  add('reset', 'revoke everything, and delete the file').action((options: StoreOptions) =>
    perform(context, options, () => reset(context, options)),
  )
}

async function list({ terminal }: Context, { json, store: file }: StoreOptions): Promise<number> {
  const store = permissionStore(file)
  const grants = store.list()
  if (json) {
    terminal.json({ file: store.path, grants })
    return 0
  }
  const rows = grants.map(grant => [
    grant.command,
    capabilityLines(grant.granted).join('; '),
    grant.expiresAt?.slice(0, 16).replace('T', ' ') ?? 'always',
    placeText(grant),
    grant.path === undefined ? '-' : displayPath(grant.path),
    grant.digest,
  ])
  if (rows.length > 0) terminal.print(table(COLUMNS, rows, terminal.stdout))
  terminal.note(`${counted(rows.length, 'grant')} in ${displayPath(store.path)}`)
  return 0
}

async function show(
  { terminal }: Context,
  which: string,
  { json, store: file }: StoreOptions,
): Promise<number> {
  const store = permissionStore(file)
  const grants = matching(store, which)
  if (json) terminal.json({ file: store.path, grants: grants.map(data) })
  else terminal.print(grants.flatMap(lines))
  return 0
}

async function grant({ terminal }: Context, file: string, options: GrantOptions): Promise<number> {
  const store = permissionStore(options.store)
  const given = await grantTo(store, file, loadingOf(options), options)
  if (options.json) terminal.json({ file: store.path, grants: [data(given)] })
  else terminal.print(lines(given))
  return 0
}

async function revoke(
  { terminal }: Context,
  which: string,
  { json, store: file }: StoreOptions,
): Promise<number> {
  const store = permissionStore(file)
  const grants = matching(store, which)
  for (const grant of grants) await store.remove(grant)
  if (json) terminal.json({ file: store.path, revoked: grants.length })
  else terminal.print([`revoked ${counted(grants.length, 'grant')} of ${inertLine(which)}`])
  return 0
}

async function reset({ terminal }: Context, { json, store: file }: StoreOptions): Promise<number> {
  const store = permissionStore(file)
  const revoked = await store.clear()
  if (json) terminal.json({ file: store.path, revoked })
  else terminal.print([`revoked ${counted(revoked, 'grant')}: ${inertLine(displayPath(store.path))} is gone`])
  return 0
}

function matching(store: FilePermissionStore, which: string): readonly PermissionGrant[] {
  const grants = givenGrants(store, which)
  if (grants.length === 0)
    throw new UsageError(`nothing was granted to ${which}. sen permissions list shows what was`)
  return grants
}

function lines(grant: PermissionGrant): string[] {
  const { command, path, digest, granted, grantedAt, expiresAt } = grant
  const refused = capabilityLines(refusedOf(grant))
  return [
    inertLine(command),
    `  file: ${path === undefined ? 'none' : inertLine(displayPath(path))}`,
    `  digest: ${digest}`,
    `  holds: ${inertLine(placeText(grant))}`,
    `  granted: ${grantedAt}, ${expiresAt === undefined ? 'for good' : `until ${expiresAt}`}`,
    ...capabilityLines(granted).map(line => `    ${inertLine(line)}`),
    ...(refused.length === 0 ? [] : ['  refused:', ...refused.map(line => `    ${inertLine(line)}`)]),
  ]
}

function data(grant: PermissionGrant): object {
  return { ...grant, refused: refusedOf(grant) }
}
