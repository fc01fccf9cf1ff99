/** What a user should know of a decision that nobody was asked about. */
export interface PermissionNotice {
  /**
   * `kept`: new code in a plugin's file keeps the grant of the code before. `not-remembered`: an answer could not be
   * written down, and holds as long as the registry.
   */
  readonly type: 'kept' | 'not-remembered'
  /** As in `PermissionRequest`. */
  readonly command: string
  /** The code that the notice is about. */
  readonly digest: string
  /** The code that the grant was given to. */
  readonly previousDigest?: string
  /** A sentence, in which nothing is the plugin's but its command. */
  readonly message: string
}
