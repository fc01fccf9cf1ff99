import type { PermissionGrant } from 'sen-plugin-host'
import { full } from './asking.js'

/** A digest that no module has. */
export const digest = (digit: string) => `blake3:${digit.repeat(64)}`

/** A grant of reading `./data`. */
export function aGrant(command: string, changes: Partial<PermissionGrant> = {}): PermissionGrant {
  const capabilities = full({
    fsRead: [{ pattern: './data', recursive: false }],
  }) as PermissionGrant['granted']
  return {
    command,
    digest: digest('a'),
    capabilitiesHash: digest('b'),
    requested: capabilities,
    granted: capabilities,
    grantedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  }
}
