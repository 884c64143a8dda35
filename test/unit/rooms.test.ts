import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

const src = resolve(import.meta.dirname, '../../src');

interface Room {
  /** Rooms it may import by value. */
  readonly rooms: readonly string[];
  /** Packages it must not import. */
  readonly never: RegExp;
}

const native = 'onnxruntime|@tensorflow\\/';

const rooms: Readonly<Partial<Record<string, Room>>> = {
  core: { rooms: ['core'], never: new RegExp(`^(vscode$|node:|${native})`) },
  // The one error class crosses processes: protocol may make one. All else of core is types there.
  protocol: { rooms: ['protocol', 'core/errors'], never: new RegExp(`^(vscode$|node:|${native})`) },
  engine: { rooms: ['core', 'engine'], never: /^vscode$/ },
  node: { rooms: ['core', 'node'], never: new RegExp(`^(vscode$|${native})`) },
  worker: { rooms: ['core', 'engine', 'node', 'protocol', 'worker'], never: /^vscode$/ },
  cli: { rooms: ['core', 'engine', 'node', 'cli'], never: /^vscode$/ },
  extension: { rooms: ['core', 'protocol', 'extension'], never: new RegExp(`^(h5wasm|${native})`) },
  webview: { rooms: ['core', 'protocol', 'webview'], never: new RegExp(`^(vscode$|node:|${native})`) },
};

/** What a file imports when it runs: `import`, `export … from` and `import()`, without types. */
function valueImports(text: string): readonly string[] {
  const found: string[] = [];
  const add = (specifier: ts.Expression | undefined): void => {
    if (specifier && ts.isStringLiteral(specifier)) found.push(specifier.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) add(node.moduleSpecifier);
    if (ts.isExportDeclaration(node) && !node.isTypeOnly && node.moduleSpecifier) add(node.moduleSpecifier);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true));
  return found;
}

/** Where a relative import leads: path parts below src. */
function targetOf(file: string, specifier: string): readonly string[] {
  return relative(src, resolve(dirname(join(src, file)), specifier)).split(sep);
}

/** Why `file` (relative to src) may not import `specifier`; undefined where it may. */
function objection(file: string, specifier: string): string | undefined {
  const [name = ''] = file.split(sep);
  const room = rooms[name];
  if (!room) return `${file}: no room is called ${name}`;
  // A file that its package does not export is named by its path.
  const [, library = specifier] = specifier.split('node_modules/');
  if (library.startsWith('.')) return objectionToArrow(file, specifier, room);
  return room.never.test(library) ? `${file} imports ${specifier}` : undefined;
}

function objectionToArrow(file: string, specifier: string, room: Room): string | undefined {
  const [name = '', engine] = file.split(sep);
  const target = targetOf(file, specifier);
  const [to = '', inner = ''] = target;
  if (!room.rooms.includes(to) && !room.rooms.includes(`${to}/${inner}`)) return `${file}: ${name} -> ${to}`;
  return name === 'engine' && isOtherEngine(engine, target) ? `${file} imports another engine: ${specifier}` : undefined;
}

/** Files that lie in the room itself (`engine/openEngine.ts`) choose between engines and may import each. */
function isOtherEngine(engine: string | undefined, [to, inner, ...below]: readonly string[]): boolean {
  const own = engine === undefined || engine.endsWith('.ts') || inner === engine;
  return to === 'engine' && below.length > 0 && !own;
}

describe('rooms', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && name.includes(sep));

  it('import only what the arrows allow', () => {
    assert.ok(files.length > 10);
    const objections = files.flatMap((file) =>
      valueImports(readFileSync(join(src, file), 'utf8')).map((specifier) => objection(file, specifier)));
    assert.deepEqual(objections.filter((found) => found !== undefined), []);
  });

  it('would be told apart', () => {
    assert.deepEqual(valueImports("import type { A } from 'a'; import { b } from 'b'; export * from 'c'; void import('d');"), ['b', 'c', 'd']);
    assert.match(objection(join('core', 'x.ts'), 'node:fs') ?? '', /imports node:fs/);
    assert.match(objection(join('extension', 'x.ts'), '../engine/y') ?? '', /extension -> engine/);
    assert.match(objection(join('engine', 'reference', 'x.ts'), '../onnxruntime/y') ?? '', /another engine/);
    assert.equal(objection(join('worker', 'x.ts'), '../core/errors'), undefined);
  });
});
