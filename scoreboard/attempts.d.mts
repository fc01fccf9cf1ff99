/** Attempts of one kind. */
export interface Group {
  readonly title: string
  /** What each attempt tries, by its name. */
  readonly attempts: Readonly<Record<string, string>>
}

export const groups: readonly Group[]
