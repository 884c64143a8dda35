import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { packagedExtension } from '../support/packaged';

const run = promisify(execFile);
const platform = `${process.platform}/${process.arch}`;

/** All that a VSIX may hold, below `extension/`. */
const allowed: readonly RegExp[] = [
  /^(package\.json|readme\.md|changelog\.md|LICENSE\.txt)$/i,
  /^dist\/((extension|worker|watchdog)\.cjs|cli\.js|package\.json)(\.LICENSE\.txt)?$/,
  /^dist\/hdf5\.wasm$/,
  /^dist\/webview\/\w+\.(js|css)$/,
  /^media\/(model-surgery\.svg|surgery\.schema\.json|walkthrough\/\w+\.md)$/,
  /^samples\/fashion-mnist\/(LICENSE|[\w.-]+\.(gz|keras|json))$/,
  /^dist\/node_modules\/onnxruntime-(common|node|web)\/package\.json$/,
  /^dist\/node_modules\/onnxruntime-common\/dist\/cjs\/[\w-]+\.js(on)?$/,
  /^dist\/node_modules\/onnxruntime-node\/dist\/\w+\.js$/,
  new RegExp(`^dist/node_modules/onnxruntime-node/bin/napi-v\\d/${platform}/[\\w.-]+$`),
  /^dist\/node_modules\/onnxruntime-web\/dist\/(ort\.node\.min\.js|ort-wasm-simd-threaded\.(mjs|wasm))$/,
  /^dist\/node_modules\/@tensorflow\/tfjs-node\/(package\.json|binding\/\w+\.(cc|h))$/,
  /^dist\/node_modules\/(sharp|detect-libc|semver|@img\/colour|@img\/sharp-(libvips-)?\w+-\w+)\/(package\.json|LICENSE(\.md)?|README\.md)$/,
  /^dist\/node_modules\/(sharp\/dist|detect-libc\/lib|@img\/colour)\/[\w-]+\.[cm]?js$/,
  /^dist\/node_modules\/semver\/([\w-]+\/)*[\w.-]+$/,
  new RegExp(`^dist/node_modules/@img/sharp-(libvips-)?${platform.replace('/', '-')}/(index\\.cjs|versions\\.json|lib/(index\\.js|glib-2\\.0/[\\w./-]+|[\\w.-]+\\.(node|so[\\w.]*|dylib|dll)))$`),
  /^dist\/node_modules\/node-api-headers\/(package\.json|LICENSE|include\/\w+\.h)$/,
];

describe('VSIX', function () {
  this.timeout(300_000);
  let files: Readonly<Record<string, Uint8Array>>;
  let folder: string;

  before(async () => {
    files = unzipSync(await readFile(await packagedExtension()));
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-unpacked-'));
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** The packaged command line, with no library in reach but its own. */
  async function cli(...args: string[]): Promise<unknown> {
    const { stdout } = await run(process.execPath, [join(folder, 'extension/dist/cli.js'), ...args, '--json'], { cwd: folder, env: { PATH: process.env.PATH } });
    return JSON.parse(stdout);
  }

  it('holds nothing but what is allowed', () => {
    const own = Object.keys(files).filter((name) => name.startsWith('extension/') && !name.endsWith('/')).map((name) => name.slice('extension/'.length));
    assert.deepEqual(own.filter((name) => !allowed.some((pattern) => pattern.test(name))), []);
    for (const pattern of allowed) assert.ok(own.some((name) => pattern.test(name)), String(pattern));
    for (const name of ['src/x.ts', 'test/x.test.ts', 'dist/cli.js.map', 'samples/fashion-mnist/make_samples.py', 'node_modules/x/index.js']) {
      assert.ok(!allowed.some((pattern) => pattern.test(name)), name);
    }
  });

  it('names its platform', () => {
    const manifest = Buffer.from(files['extension.vsixmanifest'] ?? []).toString('utf8');
    assert.match(manifest, new RegExp(`TargetPlatform="${process.platform}-${process.arch}"`));
  });

  it('its command line has both engines', async () => {
    const engines = await cli('engines') as readonly { readonly name: string; readonly available: boolean; readonly chosen: boolean }[];
    const there = engines.filter(({ available }) => available).map(({ name }) => name);
    assert.deepEqual(there, ['onnxruntime', 'onnxruntime-wasm', 'reference']);
    assert.deepEqual(engines.filter(({ chosen }) => chosen).map(({ name }) => name), ['onnxruntime']);
  });

  it('its command line reads the sample that ships', async () => {
    const inspection = await cli('inspect', 'extension/samples/fashion-mnist/my_model_A.keras');
    assert.match(JSON.stringify(inspection), /"dense_5"/);
  });
});
