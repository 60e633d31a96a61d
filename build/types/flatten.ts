// One self-contained file of declarations for a module.
import ts from "typescript";
import { type Collected, refuse } from "./collect.ts";

/** Names that a statement declares. */
function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  return [(statement as ts.DeclarationStatement).name?.getText() ?? refuse(statement, "it has no name")];
}

/** Comments that editors show: the last one before a node. */
function documentation(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const comments = (ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [])
    .map(({ pos, end }) => text.slice(pos, end)).filter((comment) => comment.startsWith("/**"));
  const own = comments.at(-1);
  return own === undefined || /@module\b/.test(own) ? "" : `${own}\n`;
}

/** The comment that says what a module is. */
function moduleDocumentation(module: ts.SourceFile): string {
  const comment = /\/\*\*(?:(?!\*\/)[^])*?@module\b[^]*?\*\//.exec(module.text)?.[0];
  return comment === undefined ? "" : `${comment}\n`;
}

/** Examples import what they show by the name that it has for users, and nothing that users do not have. */
function withoutPaths(
  comment: string,
  specifier: string,
  exported: ReadonlySet<string>,
  at: ts.Node,
): string {
  return comment.replaceAll(/import \{([^}]*)\} from "\.[^"]*"/g, (_, names: string) => {
    const missing = names.split(",").map((name) => name.trim().replace(/^type /, ""))
      .find((name) => name !== "" && !exported.has(name));
    if (missing !== undefined) {
      refuse(at, `its example imports ${missing}, which ${specifier} does not export`);
    }
    return `import {${names}} from "${specifier}"`;
  });
}

/** The text of a module's declarations. */
export function flatten(
  module: ts.SourceFile,
  specifier: string,
  { exported, statements, imported }: Collected,
): string {
  const known = new Set(exported);
  const parts = statements.map((statement) => {
    const isExported = namesOf(statement).some((name) => known.has(name));
    const text = statement.getText().replace(/^export /, "").replaceAll('import("pallet").', "");
    const comment = documentation(statement);
    return isExported
      ? `${withoutPaths(comment, specifier, known, statement)}export ${text}\n`
      : `${comment}${text}\n`;
  });
  return [
    moduleDocumentation(module),
    imported.length === 0 ? "" : `import type { ${imported.join(", ")} } from "pallet";\n`,
    ...parts,
    // Otherwise everything at the top of a file of declarations is exported.
    "export {};\n",
  ].filter((part) => part !== "").join("\n");
}
