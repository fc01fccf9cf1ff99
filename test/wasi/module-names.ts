import { readFile } from 'node:fs/promises'

/** Node's own; its types come with those of browsers only. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>
  readonly Module: {
    imports(module: object): { module: string; name: string }[]
    exports(module: object): { name: string }[]
  }
}

/** What the module in a file imports, as `module.name`, and exports. */
export async function moduleNames(file: URL): Promise<{ imports: string[]; exports: string[] }> {
  const module = await WebAssembly.compile(await readFile(file))
  return {
    imports: WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`),
    exports: WebAssembly.Module.exports(module).map(({ name }) => name),
  }
}
