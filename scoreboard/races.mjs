// A thread that exchanges something in a granted directory for a link that leads out, and back, until it is ended.

import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, Worker, workerData } from 'node:worker_threads'

const races = {
  race_file(root) {
    const path = join(root, 'work', 'read', 'racing')
    const next = join(root, 'work', 'next')
    return () => {
      writeFileSync(next, 'inside')
      renameSync(next, path)
      symlinkSync('../../outside/secret.txt', next)
      renameSync(next, path)
    }
  },
  race_directory: root => exchangeDirectory(root, 'read'),
  race_create: root => exchangeDirectory(root, 'write'),
  race_moved_out(root) {
    const path = join(root, 'work', 'read', 'racing')
    const out = join(root, 'outside', 'racing')
    mkdirSync(path)
    return () => {
      renameSync(path, out)
      renameSync(out, path)
    }
  },
}

function exchangeDirectory(root, grant) {
  const path = join(root, 'work', grant, 'racing')
  const aside = join(root, 'work', 'aside')
  mkdirSync(path)
  writeFileSync(join(path, 'secret.txt'), 'inside')
  return () => {
    renameSync(path, aside)
    symlinkSync('../../outside', path)
    unlinkSync(path)
    renameSync(aside, path)
  }
}

/** Starts the race of an attempt, if it has one; resolves to how it is ended, as soon as it is on. */
export async function startRace(attempt, root) {
  if (!(attempt in races)) return async () => {}
  const worker = new Worker(new URL(import.meta.url), { workerData: { attempt, root } })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  return async () => await worker.terminate()
}

if (parentPort !== null && workerData?.attempt in races) {
  const exchange = races[workerData.attempt](workerData.root)
  exchange()
  parentPort.postMessage('started')
  for (;;) exchange()
}
