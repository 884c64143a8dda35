import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../support/cached';

/** What VS Code calls by name. */
const entries = new Set(['src/extension/main.ts', 'test/host/suite/index.ts']);

function sources(folder: string): readonly string[] {
  if (!existsSync(join(projectRoot, folder))) return [];
  const names = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts') && !name.includes('node_modules')).map((name) => join(folder, name));
}

function isExported(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

/** A type that says what the file's own exports take or give is used, though nobody spells its name. */
function isTypeInUse(statement: ts.Statement, file: ts.SourceFile): boolean {
  if (!ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement)) return false;
  return [...file.text.matchAll(new RegExp(`\\b${statement.name.text}\\b`, 'g'))].length > 1;
}

/** The names a file exports for others. */
function exportsOf(file: ts.SourceFile): readonly string[] {
  return file.statements.filter((statement) => isExported(statement) && !isTypeInUse(statement, file)).flatMap((statement) => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText(file));
    const { name } = statement as ts.DeclarationStatement;
    return name ? [name.getText(file)] : [];
  });
}

function namesOf({ importClause }: ts.ImportDeclaration): readonly string[] {
  const named = importClause?.namedBindings;
  return named && ts.isNamedImports(named) ? named.elements.map(({ name, propertyName }) => (propertyName ?? name).text) : ['*'];
}

/** The module that `export … from`, `import('x').T` or `import('x')` takes as a whole. */
function importedWhole(node: ts.Node): ts.Node | undefined {
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  const dynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return dynamic && ts.isStringLiteral(node.arguments[0]) ? node.arguments[0] : undefined;
}

/** `file#name` of everything a file imports from the project; `file#*` for all of it. */
function importsOf(path: string, file: ts.SourceFile): readonly string[] {
  const found: string[] = [];
  const target = (specifier: ts.Node): string => relative(projectRoot, resolve(projectRoot, dirname(path), `${(specifier as ts.StringLiteral).text.replace(/\.[jt]s$/, '')}.ts`));
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) found.push(...namesOf(node).map((name) => `${target(node.moduleSpecifier)}#${name}`));
    const whole = importedWhole(node);
    if (whole) found.push(`${target(whole)}#*`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('exports', () => {
  it('are each imported somewhere', () => {
    const files = ['src', 'test', 'scripts', 'bench'].flatMap(sources)
      .map((path) => ({ path, file: ts.createSourceFile(path, readFileSync(join(projectRoot, path), 'utf8'), ts.ScriptTarget.Latest, true) }));
    assert.ok(files.length > 100);
    const imported = new Set(files.flatMap(({ path, file }) => importsOf(path, file)));
    const unused = files.filter(({ path }) => !entries.has(path) && !imported.has(`${path}#*`))
      .flatMap(({ path, file }) => exportsOf(file).map((name) => `${path}#${name}`))
      .filter((name) => !imported.has(name));
    assert.deepEqual(unused, []);
  });
});
