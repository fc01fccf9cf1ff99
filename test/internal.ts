/** A module of the built package that is not public, as `internal<typeof import('../src/x.js')>('x.js')`. */
export async function internal<T>(file: string): Promise<T> {
  return (await import(new URL(`../dist/${file}`, import.meta.url).href)) as T
}
