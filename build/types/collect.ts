// Which declarations a module's exports are made of.
import ts from "typescript";

/** Whose a file is: the module's own, of "pallet", which is imported, or of the language. */
export type Owner = "own" | "pallet" | "language";

/** What the exports of a module take. */
export interface Collected {
  readonly exported: readonly string[];
  /** Statements at the top of files, in the order in which they were met. */
  readonly statements: readonly ts.Statement[];
  /** Names that come from "pallet". */
  readonly imported: readonly string[];
}

/** A name that cannot be had in one file; the source is to be changed. */
export function refuse(node: ts.Node, problem: string): never {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  throw new Error(`Cannot make one file of declarations: ${file.fileName}:${line + 1}: ${problem}`);
}

/** The statement that a declaration at the top of a file is; nothing for members and parameters. */
function statementOf(declaration: ts.Declaration): ts.Statement | undefined {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return ts.isStatement(statement) && ts.isSourceFile(statement.parent) ? statement : undefined;
}

/** All that a module exports, with all that its declarations mention. */
export function collect(
  checker: ts.TypeChecker,
  module: ts.SourceFile,
  ownerOf: (file: ts.SourceFile) => Owner,
): Collected {
  const statements = new Set<ts.Statement>();
  const imported = new Set<string>();
  const ours = new Map<string, ts.Symbol>();
  const language = new Map<string, ts.Node>();

  function take(symbol: ts.Symbol, name: string, from: ts.Node): void {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    for (const declaration of target.declarations ?? refuse(from, `${name} is not known`)) {
      const statement = statementOf(declaration);
      if (statement === undefined) continue;
      const owner = ownerOf(declaration.getSourceFile());
      if (owner === "language") language.set(name, from);
      else if (target.name !== name) refuse(from, `${target.name} is called ${name} here`);
      else if (owner === "pallet") imported.add(name);
      else add(statement, target, from);
    }
  }

  function add(statement: ts.Statement, symbol: ts.Symbol, from: ts.Node): void {
    const other = ours.get(symbol.name);
    if (other !== undefined && other !== symbol) {
      refuse(from, `two different things are called ${symbol.name}`);
    }
    ours.set(symbol.name, symbol);
    if (statements.has(statement)) return;
    statements.add(statement);
    visit(statement);
  }

  function visit(node: ts.Node): void {
    if (ts.isImportTypeNode(node) && node.argument.getText() !== '"pallet"') {
      refuse(node, "a type is imported in place; annotate what has it");
    }
    if (node.kind === ts.SyntaxKind.AnyKeyword) refuse(node, "a type is any; annotate what has it");
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      if (symbol !== undefined) take(symbol, node.text, node);
    }
    ts.forEachChild(node, visit);
  }

  const symbol = checker.getSymbolAtLocation(module) ?? refuse(module, "it exports nothing");
  const exports = checker.getExportsOfModule(symbol);
  for (const one of exports) take(one, one.name, module);
  for (const [name, node] of language) {
    if (ours.has(name)) {
      refuse(node, `${name} is the name of something of the language and of something of ours`);
    }
  }
  return {
    exported: exports.map(({ name }) => name),
    statements: [...statements],
    imported: [...imported].sort(),
  };
}
