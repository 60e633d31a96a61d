// Declarations as TypeScript writes them, one file for each module, kept in memory.
import { dirname, join } from "node:path";
import ts from "typescript";
import { ROOT } from "../run.ts";

/** What all programs here are compiled with. */
const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  declaration: true,
  emitDeclarationOnly: true,
  stripInternal: true,
};

/** The module that a specifier names, for compilers: "pallet" is the engine's own, packages are left out. */
function moduleOf(specifier: string, importer: string): string | undefined {
  if (specifier === "pallet") return join(ROOT, "engine/mod.ts");
  return specifier.startsWith(".") ? join(dirname(importer), specifier) : undefined;
}

function resolved(
  path: string | undefined,
  known: (path: string) => boolean,
): ts.ResolvedModuleWithFailedLookupLocations {
  if (path === undefined || !known(path)) return { resolvedModule: undefined };
  const extension = path.endsWith(".d.ts") ? ts.Extension.Dts : ts.Extension.Ts;
  return { resolvedModule: { resolvedFileName: path, extension, isExternalLibraryImport: false } };
}

/** Declarations of modules and of all that they import, by the module's path with `.d.ts` in place of `.ts`. */
export function emitDeclarations(entries: readonly string[]): ReadonlyMap<string, string> {
  const host = ts.createCompilerHost(compilerOptions);
  host.resolveModuleNameLiterals = (literals, importer) =>
    literals.map(({ text }) => resolved(moduleOf(text, importer), (path) => path.endsWith(".ts")));
  const program = ts.createProgram(entries.map((entry) => join(ROOT, entry)), compilerOptions, host);
  const declarations = new Map<string, string>();
  program.emit(undefined, (path, text) => declarations.set(path, text));
  return declarations;
}

/** A program over declarations that are in memory alone. */
export function declarationProgram(declarations: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(compilerOptions);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => declarations.get(path) ?? readFile(path);
  host.fileExists = (path) => declarations.has(path) || fileExists(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = declarations.get(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language, true);
  };
  host.resolveModuleNameLiterals = (literals, importer) =>
    literals.map(({ text }) => {
      const path = moduleOf(text, importer)?.replace(/\.ts$/, ".d.ts");
      return resolved(path, (one) => declarations.has(one));
    });
  return ts.createProgram([...declarations.keys()], { ...compilerOptions, noEmit: true }, host);
}
