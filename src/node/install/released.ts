import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SurgeryError } from '../../core/errors';
import { tensorflowFolder } from '../../core/install/tensorflowFolder';
import { runProgram, stopped } from './runProgram';

/** What the install script of tfjs-node fetches: a release of libtensorflow, and its binding ready made. */
const LIBRARY = '2.9.1';
const BINDING = '4.22.0';

const systems: Readonly<Partial<Record<string, { readonly name: string; readonly ending: string; /** SHA-256, as packagers of several systems have it */ readonly library?: string }>>> = {
  'linux-x64': { name: 'linux', ending: 'tar.gz', library: '7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173' },
  'darwin-x64': { name: 'darwin', ending: 'tar.gz', library: '56f83d3320ba0f69aaafd6c058645e1b7fbc75fb9a3fc36d6be98de1291ca226' },
  'win32-x64': { name: 'windows', ending: 'zip' },
};

interface Fetching {
  /** Where the installation is put together. */
  readonly folder: string;
  readonly report: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Fetches both into the installation and gives where they came from, with the SHA-256 of each. The addresses are tfjs-node's own and
 * speak TLS. The library must have the SHA-256 above; for the binding and the library for Windows none is known. Throws `engine-unavailable` where they cannot be had.
 */
export async function fetchReleased({ folder, report, signal }: Fetching): Promise<string> {
  const system = systems[`${process.platform}-${process.arch}`];
  if (!system) throw new SurgeryError('engine-unavailable', 'tfjs-node has no library for this machine.', { expected: Object.keys(systems).join(', '), received: `${process.platform}-${process.arch}` });
  const { name, ending, library } = system;
  const host = process.env.TFJS_NODE_CDN_STORAGE ?? 'https://storage.googleapis.com/';
  report('Fetching libtensorflow as tfjs-node does, about 100 MB.');
  const parts = [
    { url: `${host}tensorflow/libtensorflow/libtensorflow-cpu-${name}-x86_64-${LIBRARY}.${ending}`, target: join(folder, 'deps'), sha256: library },
    { url: `${host}tf-builds/pre-built-binary/napi-v8/${BINDING}/CPU-${name}-${BINDING}.${ending}`, target: join(folder, 'lib'), sha256: undefined },
  ];
  const hashes: string[] = [];
  for (const part of parts) hashes.push(await fetchArchive(part, signal));
  // Windows looks for libraries beside the module.
  if (process.platform === 'win32') await copyFile(join(folder, tensorflowFolder.libraries, 'tensorflow.dll'), join(folder, dirname(tensorflowFolder.binding), 'tensorflow.dll'));
  return parts.map(({ url }, i) => `${url} (SHA-256 ${hashes[i]})`).join(' and ');
}

interface Archive {
  readonly url: string;
  readonly target: string;
  /** What it must hash to, where that is known. */
  readonly sha256: string | undefined;
}

/** Unpacks with tar, which every system of these has and which reads zip there where it must. */
async function fetchArchive({ url, target, sha256 }: Archive, signal: AbortSignal | undefined): Promise<string> {
  await mkdir(target, { recursive: true });
  const archive = `${target}.archive`;
  const hash = createHash('sha256');
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok || !response.body) throw new Error(`${response.status} ${response.statusText}`);
    const body = Readable.fromWeb(response.body).on('data', (part: Uint8Array) => hash.update(part));
    await pipeline(body, createWriteStream(archive), signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) throw stopped();
    const { message, cause } = error as Error;
    const words = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new SurgeryError('engine-unavailable', `tfjs-node's own download cannot be had: ${words}`, { expected: 'a network that reaches it', received: words, where: url, cause: error });
  }
  const received = hash.digest('hex');
  requireHash(url, received, sha256);
  await runProgram({ file: 'tar', args: ['-xf', archive, '-C', target], ...(signal ? { signal } : {}) });
  await rm(archive);
  return received;
}

function requireHash(url: string, received: string, expected: string | undefined): void {
  if (expected === undefined || received === expected) return;
  throw new SurgeryError('engine-unavailable', `tfjs-node's own download is not the file that it should be: its SHA-256 is ${received}`, { expected, received, where: url });
}
