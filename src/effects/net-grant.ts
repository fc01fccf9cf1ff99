import type { Capabilities } from '../manifest.js'

/** Whether what was granted lets a plugin contact a host. */
export type GrantAllowsNet = (
  grant: Capabilities,
  protocol: 'http' | 'https',
  host: string,
  port: number,
) => boolean
