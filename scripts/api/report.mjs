import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../bootstrap/root.mjs';

/**
 * For each entry point, the declarations that it exports, without comments, sorted by name: what a user of it depends
 * on.
 *
 * @param {readonly import('./entry-points.mjs').EntryPoint[]} entries
 * @returns {Map<string, string>} Markdown by specifier
 */
export function reportsOf(entries) {
  const paths = entries.map(({ types }) => join(ROOT, types));
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, skipLibCheck: true, types: ['node'] };
  const program = ts.createProgram(paths, options);
  const checker = program.getTypeChecker();
  const exported = new Map(entries.map((entry) => [entry.specifier, exportsOf(entry, program, checker)]));
  const anywhere = new Set([...exported.values()].flatMap((symbols) => [...symbols.values()]));
  return new Map([...exported].map(([specifier, symbols]) => [specifier, report(specifier, symbols, anywhere, checker)]));
}

/**
 * @param {import('./entry-points.mjs').EntryPoint} entry
 * @param {ts.Program} program
 * @param {ts.TypeChecker} checker
 */
function exportsOf({ types }, program, checker) {
  const file = program.getSourceFile(join(ROOT, types));
  if (file === undefined) throw new Error(`${types} is not there: build first (npm run build)`);
  const module = checker.getSymbolAtLocation(file);
  const symbols = module === undefined ? [] : checker.getExportsOfModule(module);
  return new Map(symbols.map((symbol) => [symbol.name, resolve(symbol, checker)]));
}

/**
 * @param {string} specifier
 * @param {ReadonlyMap<string, ts.Symbol>} symbols what it exports
 * @param {ReadonlySet<ts.Symbol>} anywhere what any entry point exports
 * @param {ts.TypeChecker} checker
 */
function report(specifier, symbols, anywhere, checker) {
  const sorted = [...symbols].sort(([a], [b]) => (a < b ? -1 : 1));
  const declared = sorted.map(([name, symbol]) => `### ${name}\n\n${code(textOf(symbol))}`);
  const forgotten = [...new Set([...symbols.values()].flatMap((symbol) => mentioned(symbol, checker)))]
    .filter((symbol) => !anywhere.has(symbol))
    .map((symbol) => `\`${symbol.name}\``)
    .sort();
  const parts = [
    `# ${specifier}`,
    'What this entry point exports. Written by `npm run api`: a change here is a change of the public API.',
    ...(forgotten.length > 0 ? [`Mentioned, but not exported: ${forgotten.join(', ')}.`] : []),
    ...(declared.length > 0 ? declared : ['Nothing yet.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** @param {string} text */
function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/**
 * @param {ts.Symbol} symbol
 * @param {ts.TypeChecker} checker
 */
function resolve(symbol, checker) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** @param {ts.Symbol} symbol */
function textOf(symbol) {
  const printer = ts.createPrinter({ removeComments: true });
  return (symbol.declarations ?? [])
    .map((declaration) => {
      const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
      return printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile());
    })
    .join('\n');
}

/**
 * The types of this package that a declaration mentions.
 *
 * @param {ts.Symbol} symbol
 * @param {ts.TypeChecker} checker
 * @returns {ts.Symbol[]}
 */
function mentioned(symbol, checker) {
  /** @type {ts.Symbol[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isTypeReferenceNode(node)) {
      const target = checker.getSymbolAtLocation(node.typeName);
      const resolved = target && resolve(target, checker);
      if (resolved && isOurs(resolved)) found.push(resolved);
    }
    ts.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations ?? []) visit(declaration);
  return found;
}

/** @param {ts.Symbol} symbol */
function isOurs(symbol) {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined || ts.isTypeParameterDeclaration(declaration)) return false;
  return !declaration.getSourceFile().fileName.includes('/node_modules/');
}
