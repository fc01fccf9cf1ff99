// Adds grants to a store, one after the other: node grant.mjs FILE NAME COUNT
import { FilePermissionStore } from '../../dist/index.js'

const [file, name, count] = process.argv.slice(2)
const store = new FilePermissionStore(file)
const nothing = { stdio: { stdout: true } }
for (let index = 0; index < Number(count); index += 1) {
  await store.put({
    command: `${name}-${index}`,
    digest: `blake3:${'a'.repeat(64)}`,
    capabilitiesHash: `blake3:${'b'.repeat(64)}`,
    requested: nothing,
    granted: nothing,
    grantedAt: '2026-01-01T00:00:00.000Z',
  })
}
