import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Compiled code of the tests is kept apart from that of whoever runs them, and goes with them. */
export async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'sen-test-cache-'))
  process.env.SEN_PLUGIN_HOST_CACHE = directory
  return () => rm(directory, { recursive: true, force: true })
}
