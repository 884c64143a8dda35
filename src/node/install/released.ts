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

const systems: Readonly<Partial<Record<string, { readonly name: string; readonly ending: string }>>> = {
  'linux-x64': { name: 'linux', ending: 'tar.gz' },
  'darwin-x64': { name: 'darwin', ending: 'tar.gz' },
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
 * speak TLS; what the files should hash to is published nowhere. Throws `engine-unavailable` where they cannot be had.
 */
export async function fetchReleased({ folder, report, signal }: Fetching): Promise<string> {
  const system = systems[`${process.platform}-${process.arch}`];
  if (!system) throw new SurgeryError('engine-unavailable', 'tfjs-node has no library for this machine.', { expected: Object.keys(systems).join(', '), received: `${process.platform}-${process.arch}` });
  const { name, ending } = system;
  const host = process.env.TFJS_NODE_CDN_STORAGE ?? 'https://storage.googleapis.com/';
  report('Fetching libtensorflow as tfjs-node does, about 100 MB.');
  const parts = [
    { url: `${host}tensorflow/libtensorflow/libtensorflow-cpu-${name}-x86_64-${LIBRARY}.${ending}`, target: join(folder, 'deps') },
    { url: `${host}tf-builds/pre-built-binary/napi-v8/${BINDING}/CPU-${name}-${BINDING}.${ending}`, target: join(folder, 'lib') },
  ];
  const hashes: string[] = [];
  for (const { url, target } of parts) hashes.push(await fetchArchive(url, target, signal));
  // Windows looks for libraries beside the module.
  if (process.platform === 'win32') await copyFile(join(folder, tensorflowFolder.libraries, 'tensorflow.dll'), join(folder, dirname(tensorflowFolder.binding), 'tensorflow.dll'));
  return parts.map(({ url }, i) => `${url} (SHA-256 ${hashes[i]})`).join(' and ');
}

/** Unpacks with tar, which every system of these has and which reads zip there where it must. */
async function fetchArchive(url: string, target: string, signal: AbortSignal | undefined): Promise<string> {
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
  await runProgram({ file: 'tar', args: ['-xf', archive, '-C', target], ...(signal ? { signal } : {}) });
  await rm(archive);
  return hash.digest('hex');
}
