import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { type InstalledTensorflow, tensorflowFolder } from '../../core/install/tensorflowFolder';
import { buildBinding, runProgram } from './buildBinding';

export interface InstallOptions {
  /** Where it shall be; what is there is replaced once the new one is whole. */
  readonly target: string;
  /** A folder that holds libtensorflow: an unpacked release, or the package `tensorflow` of a Python. Without one it is fetched by pip. */
  readonly from?: string;
  /** `binding` of the package tfjs-node and the folder of Node-API's headers. */
  readonly sources: string;
  readonly nodeHeaders: string;
  readonly report: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** What pip fetches on this machine. Fetched about 300 MB, on the disk about 1.3 GB. */
const WHEEL = `${process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==2.21.0`;

/**
 * Puts libtensorflow and its binding into `target`: all is made in a folder beside it, loaded once in a process of its own, and
 * moved into place. Throws `engine-unavailable` or `stopped`; then `target` is as it was.
 */
export async function installTensorflow(options: InstallOptions): Promise<InstalledTensorflow> {
  const { target, report, signal } = options;
  await mkdir(dirname(target), { recursive: true });
  await removeLeftovers(target);
  const work = await mkdtemp(`${target}.part-`);
  try {
    const folder = join(work, 'whole');
    const origin = options.from === undefined ? await fetchPackage(join(work, 'python'), options) : resolve(options.from);
    const libraries = await takeLibraries(origin, folder, options.from === undefined);
    report('compiling the binding');
    await buildBinding({ folder, headers: join(origin, 'include'), sources: options.sources, nodeHeaders: options.nodeHeaders, libraries, ...(signal ? { signal } : {}) });
    report('loading it once');
    const installed = await tryOut(folder, { source: options.from === undefined ? WHEEL : origin, libraries, ...(signal ? { signal } : {}) });
    await replaceFolder(folder, target);
    return installed;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What an installer that was killed left behind. */
async function removeLeftovers(target: string): Promise<void> {
  const names = await readdir(dirname(target));
  const left = names.filter((name) => name.startsWith(`${basename(target)}.part-`));
  await Promise.all(left.map((name) => rm(join(dirname(target), name), { recursive: true, force: true })));
}

/** The package's folder, with nothing but the package: its dependencies are Python's. */
async function fetchPackage(folder: string, { report, signal }: InstallOptions): Promise<string> {
  report(`fetching ${WHEEL} with pip: about 300 MB, 1.3 GB on the disk`);
  await runProgram({ file: 'python3', args: ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--target', folder, WHEEL], ...(signal ? { signal } : {}) });
  return join(folder, 'tensorflow');
}

/** Moves fetched libraries into the installation; those of a folder that is the user's are linked. */
async function takeLibraries(origin: string, folder: string, own: boolean): Promise<string[]> {
  const places = [origin, join(origin, 'lib')].filter((place) => existsSync(place));
  const found = (await Promise.all(places.map(async (place) => (await readdir(place)).map((name) => join(place, name))))).flat();
  const pick = (pattern: RegExp): string | undefined => found.filter((path) => pattern.test(basename(path))).sort()[0];
  const main = pick(/^libtensorflow(_cc)?[.\d]*\.(so|dylib)[.\d]*$/);
  const framework = pick(/^libtensorflow_framework[.\d]*\.(so|dylib)[.\d]*$/);
  if (main === undefined || framework === undefined || !existsSync(join(origin, 'include'))) {
    throw new SurgeryError('engine-unavailable', 'The folder does not hold libtensorflow with its headers.', { expected: 'libtensorflow, libtensorflow_framework and include', received: origin, where: origin });
  }
  const target = join(folder, tensorflowFolder.libraries);
  await mkdir(target, { recursive: true });
  const take = own ? rename : process.platform === 'win32' ? copyFile : symlink;
  for (const path of [main, framework]) await take(path, join(target, basename(path)));
  return [basename(main), basename(framework)];
}

const PROBE = 'const m = { exports: {} }; process.dlopen(m, process.argv[1]); process.stdout.write("version=" + m.exports.TF_Version + "\\n");';

/** Loads the installation in another process and writes its stamp. */
async function tryOut(folder: string, { source, libraries, signal }: { source: string; libraries: readonly string[]; signal?: AbortSignal }): Promise<InstalledTensorflow> {
  const path = join(folder, tensorflowFolder.binding);
  const said = await runProgram({ file: process.execPath, args: ['-e', PROBE, path], ...(signal ? { signal } : {}) });
  const version = /version=([\d.]+)/.exec(said)?.[1];
  if (version === undefined) throw new SurgeryError('engine-unavailable', 'The installed library does not say its version.', { received: said });
  const files = [tensorflowFolder.binding, ...libraries.map((name) => `${tensorflowFolder.libraries}/${name}`)];
  const installed: InstalledTensorflow = { version, platform: process.platform, arch: process.arch, source, files };
  await writeFile(join(folder, tensorflowFolder.stamp), JSON.stringify(installed, null, 2));
  return installed;
}

async function replaceFolder(folder: string, target: string): Promise<void> {
  const old = `${target}.part-old`;
  if (existsSync(target)) await rename(target, old);
  await rename(folder, target);
  await rm(old, { recursive: true, force: true });
}
