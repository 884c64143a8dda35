import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, parse, resolve, sep } from 'node:path';
import type { LedgerFault } from '../../core/ledger/chain';
import type { LedgerRecord } from '../../core/ledger/entry';
import { workspaceVariable } from '../../core/ledger/workspace';
import { LedgerFile } from '../ledgerFile';
import { unendedLooks } from '../verdict/verdictLog';
import { lastingFolder } from './jobRecords';
import { planFolder, planInputs, type OpenedPlan } from './planFile';

const ledgerFolder = '.model-surgery';
/** Folders that are looked into, the nearest first. */
const MOST_FOLDERS = 20_000;
const MOST_LEDGERS = 200;

/** The ledger of a plan, and those of other folders of its workspace: a test set may be used from several. */
export interface LedgersAround {
  readonly own: LedgerFile;
  /** Of the own ledger. */
  readonly records: readonly LedgerRecord[];
  /** Of all of them, oldest first. */
  readonly all: readonly LedgerRecord[];
  /** Of the own ledger, else of another. */
  readonly fault: LedgerFault | null;
  /** Looks of verdicts that did not end, by id, in all of them. */
  readonly unended: ReadonlyMap<string, number>;
  /** Folders of the others, the nearest to the workspace's own first. */
  readonly others: readonly string[];
}

/** Throws `file-unreadable` for the plan's own ledger; others that cannot be read are passed over. */
export async function readLedgersAround(plan: Pick<OpenedPlan, 'path'> & Partial<OpenedPlan>): Promise<LedgersAround> {
  const ownFolder = lastingFolder(plan);
  const own = new LedgerFile(ownFolder);
  const { records, fault } = await own.read();
  const found = (await foldersAround(plan)).filter((folder) => folder !== ownFolder).slice(0, MOST_LEDGERS);
  const read = await Promise.all(found.map((folder) => new LedgerFile(folder).read().then((ledger) => ({ folder, ...ledger }), () => null)));
  const others = read.flatMap((ledger) => (ledger && (ledger.records.length > 0 || ledger.fault) ? [ledger] : []));
  const each = [{ folder: ownFolder, records, fault }, ...others];
  return {
    own, records,
    all: each.flatMap((ledger) => ledger.records).sort((one, other) => one.time.localeCompare(other.time)),
    fault: each.find((ledger) => ledger.fault !== null)?.fault ?? null,
    unended: new Map(each.flatMap((ledger) => [...unendedLooks(ledger.folder, ledger.records)])),
    others: others.map(({ folder }) => folder),
  };
}

/**
 * Folders `.model-surgery` under what the plan's workspace is: what an editor has open, the repository, the folder that a terminal is
 * in, and the one that holds the plan with its model and data. Links are not followed.
 */
async function foldersAround(plan: Pick<OpenedPlan, 'path'> & Partial<OpenedPlan>): Promise<string[]> {
  const folder = planFolder(plan);
  const open = (process.env[workspaceVariable] ?? '').split(delimiter).filter(Boolean);
  const roots = [...open, ...repositoryOf(folder), process.cwd(), commonFolder(folder, plan.plan ? planInputs({ path: plan.path, plan: plan.plan }) : [])];
  const around = roots.map((root) => resolve(root)).filter((root) => isInside(folder, root) && !isTooWide(root));
  // The widest holds the others.
  const widest = around.sort((one, other) => one.length - other.length).at(0);
  return widest === undefined ? [] : ledgersUnder(widest);
}

/** Of everybody's files: no workspace. */
function isTooWide(folder: string): boolean {
  return [parse(folder).root, resolve(homedir()), resolve(tmpdir())].some((wide) => isInside(wide, folder));
}

function isInside(folder: string, root: string): boolean {
  return folder === root || folder.startsWith(root.endsWith(sep) ? root : root + sep);
}

function repositoryOf(folder: string): string[] {
  if (existsSync(join(folder, '.git'))) return [folder];
  return dirname(folder) === folder ? [] : repositoryOf(dirname(folder));
}

function commonFolder(folder: string, files: readonly string[]): string {
  return files.reduce((common, file) => {
    let at = common;
    while (!isInside(file, at)) at = dirname(at);
    return at;
  }, folder);
}

/** The nearest first. */
async function ledgersUnder(root: string): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  let seen = 0;
  while (level.length > 0 && seen < MOST_FOLDERS) {
    const entries = await Promise.all(level.slice(0, MOST_FOLDERS - seen).map(async (folder) => ({ folder, inside: await foldersIn(folder) })));
    seen += level.length;
    found.push(...entries.filter(({ inside }) => inside.includes(ledgerFolder)).map(({ folder }) => join(folder, ledgerFolder)));
    level = entries.flatMap(({ folder, inside }) => inside.filter((name) => !name.startsWith('.') && name !== 'node_modules').map((name) => join(folder, name)));
  }
  return found;
}

/** Empty where it may not be read. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
