import { join, relative } from 'node:path';
import ts from 'typescript';
import { entryPoints } from '../api/entry-points.mjs';
import { ROOT } from '../bootstrap/root.mjs';

/** Mirrors of the Kubernetes API's objects: each names the object, whose fields the API's own reference describes. */
const MIRRORS = 'packages/core/src/kubernetes/';

/**
 * Every export of every entry point says what it is, and so does every member of an exported interface or class.
 *
 * @returns {Promise<string[]>} what is missing
 */
export async function missingDocstrings() {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, 'tsconfig.check.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
      },
    },
  );
  const entries = await entryPoints();
  const sources = entries.map(({ source }) => join(ROOT, source));
  const program = ts.createProgram(sources, config?.options ?? {});
  const checker = program.getTypeChecker();
  /** @type {Set<string>} */
  const problems = new Set();
  for (const path of sources) {
    const file = program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) continue; // `export {}`: nothing is exported.
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!isDocumented(symbol, checker)) problems.add(`${where(symbol)}: ${exported.name} has no docstring`);
      for (const member of membersOf(symbol)) {
        if (isDocumented(member, checker) || where(member).startsWith(MIRRORS)) continue;
        problems.add(`${where(member)}: ${exported.name}.${member.name} has no docstring`);
      }
    }
  }
  return [...problems].sort();
}

/**
 * What of an interface or class a user of it sees.
 *
 * @param {ts.Symbol} symbol
 * @returns {ts.Symbol[]}
 */
function membersOf(symbol) {
  const shapes = (symbol.declarations ?? []).filter(
    (node) => ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node),
  );
  if (shapes.length === 0) return [];
  return [...(symbol.members?.values() ?? [])].filter((member) => {
    const [declaration] = member.declarations ?? [];
    if (declaration === undefined || ts.isTypeParameterDeclaration(declaration)) return false;
    if (ts.isConstructorDeclaration(declaration)) return false;
    const name = ts.getNameOfDeclaration(declaration);
    if (name === undefined || ts.isPrivateIdentifier(name)) return false;
    if (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))
      return false;
    return !isDiscriminant(declaration);
  });
}

/**
 * `kind: 'payload'` tells the members of a union apart, and says all there is to say.
 *
 * @param {ts.Declaration} declaration
 */
function isDiscriminant(declaration) {
  if (ts.isPropertySignature(declaration))
    return declaration.type !== undefined && ts.isLiteralTypeNode(declaration.type);
  return (
    ts.isPropertyDeclaration(declaration) &&
    declaration.initializer !== undefined &&
    ts.isStringLiteralLike(declaration.initializer)
  );
}

/**
 * @param {ts.Symbol} symbol
 * @param {ts.TypeChecker} checker
 */
function isDocumented(symbol, checker) {
  return symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;
}

/** @param {ts.Symbol} symbol */
function where(symbol) {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined) return '?';
  const file = declaration.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
  return `${relative(ROOT, file.fileName)}:${line + 1}`;
}
