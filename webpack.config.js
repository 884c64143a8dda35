import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import webpack from 'webpack';

const root = import.meta.dirname;

/** Libraries with native or WebAssembly files beside them: looked up in node_modules when the process needs them. */
const libraries = /^(onnxruntime-node|onnxruntime-web|@tensorflow\/tfjs-node|sharp)(\/|$)/;

const shared = {
  context: root,
  mode: 'production',
  devtool: false,
  module: {
    // `npm run typecheck` judges types; a bundle is only made.
    rules: [
      { test: /\.ts$/, loader: 'ts-loader', options: { transpileOnly: true, compilerOptions: { noEmit: false } } },
      { test: /[\\/]zod[\\/]v4[\\/]core[\\/](util|doc)\.c?js$/, loader: join(root, 'scripts/withoutEval.cjs') },
      { test: /[\\/]h5wasm[\\/]dist[\\/]esm[\\/]hdf5_util\.js$/, loader: join(root, 'scripts/wasmBeside.cjs') },
    ],
    // What is found at run time, beside the bundle, is not webpack's to find.
    parser: { javascript: { createRequire: false } },
  },
  resolve: { extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } },
  performance: { hints: false },
  stats: 'errors-warnings',
};

/** dist/ holds CommonJS although the package is ESM: the oldest supported editor loads nothing else. */
const markCommonJs = {
  apply(compiler) {
    compiler.hooks.afterEmit.tap('markCommonJs', () => {
      mkdirSync(compiler.outputPath, { recursive: true });
      writeFileSync(join(compiler.outputPath, 'package.json'), '{ "type": "commonjs" }\n');
    });
  },
};

function nodeProcess(name, entry, output, options = {}) {
  return {
    ...shared,
    name,
    target: 'node20',
    entry: join(root, entry),
    output: { path: join(root, options.folder ?? 'dist'), filename: output, library: { type: 'commonjs2' } },
    externals: [
      { vscode: 'commonjs vscode', mocha: 'commonjs mocha' },
      ({ request }, done) => (libraries.test(request) ? done(null, `commonjs ${request}`) : done()),
    ],
    node: { __dirname: false, __filename: false },
    plugins: [markCommonJs, ...(options.plugins ?? [])],
  };
}

/** One script and one style sheet for each folder of src/webview that has a main.ts. */
function webviews() {
  const folder = join(root, 'src/webview');
  const pages = readdirSync(folder).filter((page) => existsSync(join(folder, page, 'main.ts')));
  return {
    ...shared,
    name: 'webview',
    target: ['web', 'es2022'],
    entry: Object.fromEntries(pages.map((page) => [page, join(folder, page, 'main.ts')])),
    experiments: { css: true },
    output: { path: join(root, 'dist/webview'), filename: '[name].js', cssFilename: '[name].css' },
    module: { rules: [...shared.module.rules, { test: /\.css$/, type: 'css/global' }] },
  };
}

const shebang = new webpack.BannerPlugin({ banner: '#!/usr/bin/env node', raw: true });

const processes = [
  ['extension', 'src/extension/main.ts', 'extension.cjs'],
  ['worker', 'src/worker/main.ts', 'worker.cjs'],
  ['cli', 'src/cli/main.ts', 'cli.js', { plugins: [shebang] }],
  ['watchdog', 'src/node/watchdog/main.ts', 'watchdog.cjs'],
  ['host', 'test/host/suite/index.ts', 'index.cjs', { folder: 'out/host' }],
];

/** For F5: readable, and a debugger finds the source. No file of its own, which a package would ship. */
const forDebugging = (config) => ({ ...config, mode: 'development', devtool: 'inline-source-map' });

export default ({ debug = false } = {}) => {
  const configs = [...processes.map((process) => nodeProcess(...process)), webviews()];
  return debug ? configs.map(forDebugging) : configs;
};
