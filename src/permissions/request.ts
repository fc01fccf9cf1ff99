import type { Capabilities } from '../manifest.js'

/** Which plugin asks, and for what. All texts are the guest's. */
export interface PermissionRequest {
  /**
   * The plugin's command; with a granularity of `command`, the subcommands that the arguments begin
   * with behind it, as in `db migrate`.
   */
  readonly command: string
  /** `blake3:` and the digest of the module: the code that asks. */
  readonly digest: string
  /** The plugin's file, absolute; absent for one loaded from bytes. */
  readonly path?: string
  /** What the plugin says it does. */
  readonly about?: string
  /** What it asks for, without what a deny list forbids. */
  readonly capabilities: Capabilities
  /** Identifies everything that the plugin declares, however it is spelled. */
  readonly capabilitiesHash: string
}
