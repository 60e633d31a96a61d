// The TypeScript compiler as an editor without Deno has it.
import ts from "typescript";

/** What the compiler says of the project of a tsconfig.json: `infra.ts:3: TS2353 Object literal ...`. */
export function tsc(folder: string): readonly string[] {
  const found: ts.Diagnostic[] = [];
  const parsed = ts.getParsedCommandLineOfConfigFile(`${folder}/tsconfig.json`, {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => found.push(diagnostic),
  });
  if (parsed !== undefined) {
    const program = ts.createProgram(parsed.fileNames, parsed.options);
    found.push(...parsed.errors, ...ts.getPreEmitDiagnostics(program));
  }
  return found.map(({ file, start = 0, code, messageText }) => {
    const text = `TS${code} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    if (file === undefined) return text;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${file.fileName.replace(`${folder}/`, "")}:${line + 1}: ${text}`;
  });
}

/** A language service, as editors ask it: completions and documentation at the end of a text within a file. */
export interface Editor {
  /** Names that are offered behind the first occurrence of a text. */
  completions(file: string, behind: string): readonly string[];
  /** Documentation of what stands at the first occurrence of a text. */
  documentation(file: string, at: string): string;
}

/** Opens the project of a tsconfig.json as an editor does. */
export function openEditor(folder: string): Editor {
  const parsed = ts.getParsedCommandLineOfConfigFile(`${folder}/tsconfig.json`, {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
    },
  });
  const files = parsed?.fileNames ?? [];
  const service = ts.createLanguageService({
    getCompilationSettings: () => parsed?.options ?? {},
    getScriptFileNames: () => [...files],
    getScriptVersion: () => "1",
    getScriptSnapshot: (path) => {
      const text = ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  const place = (file: string, text: string): readonly [string, number] => {
    const path = `${folder}/${file}`;
    const at = ts.sys.readFile(path)?.indexOf(text) ?? -1;
    if (at < 0) throw new Error(`${file} does not hold ${text}`);
    return [path, at];
  };
  return {
    completions: (file, behind) => {
      const [path, at] = place(file, behind);
      const found = service.getCompletionsAtPosition(path, at + behind.length, {});
      return found?.entries.map(({ name }) => name) ?? [];
    },
    documentation: (file, text) => {
      const info = service.getQuickInfoAtPosition(...place(file, text));
      return `${ts.displayPartsToString(info?.displayParts)}\n${
        ts.displayPartsToString(info?.documentation)
      }`;
    },
  };
}
