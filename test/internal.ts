/** What of the built package is not public: the same instance of it that its entries lead to. */
export const internal: typeof import('../src/internal.js') = await import(
  new URL('../dist/internal.js', import.meta.url).href
)
