import * as vscode from 'vscode';
import type { LayerInspection } from '../../core/inspect/inspection';

/** Undefined: the user left the dialog. */
type Answer<T> = Promise<T | undefined>;

const activations = ['sigmoid', 'softmax', 'linear', 'tanh', 'relu'];

export async function pickLayer(layers: readonly LayerInspection[], title: string): Answer<string> {
  return (await vscode.window.showQuickPick(layers.map(layerItem), { title, matchOnDescription: true }))?.path;
}

export async function pickLayers(layers: readonly LayerInspection[], title: string): Answer<readonly string[]> {
  return (await vscode.window.showQuickPick(layers.map(layerItem), { title, canPickMany: true }))?.map(({ path }) => path);
}

function layerItem({ path, class: className }: LayerInspection): vscode.QuickPickItem & { readonly path: string } {
  return { label: path.replaceAll('$(', '$ ('), description: className, path };
}

/** The proposal stands first. */
export function askActivation(proposed: string): Answer<string> {
  return pickText('Activation of the new output layer', [proposed, ...activations.filter((name) => name !== proposed)]);
}

/** Stays when its user looks something up elsewhere: what was answered before it would be lost. */
export async function pickText(title: string, texts: readonly string[]): Answer<string> {
  return vscode.window.showQuickPick([...texts], { title, ignoreFocusOut: true });
}

export interface NumberQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly value: number;
  readonly least: number;
  readonly most?: number;
  readonly whole: boolean;
}

export async function askNumber({ title, prompt, value, least, most = Infinity, whole }: NumberQuestion): Answer<number> {
  const mistake = (text: string): string | undefined => {
    const number = Number(text);
    const right = text.trim() !== '' && Number.isFinite(number) && number >= least && number <= most && (!whole || Number.isInteger(number));
    return right ? undefined : `A ${whole ? 'whole ' : ''}number of at least ${least}${most === Infinity ? '' : ` and at most ${most}`} is needed`;
  };
  const text = await vscode.window.showInputBox({ title, prompt, value: String(value), validateInput: mistake, ignoreFocusOut: true });
  return text === undefined ? undefined : Number(text);
}

/** One file, or a folder where there are no extensions; its absolute path. */
export async function askFile(title: string, extensions: readonly string[] | null, near: string): Answer<string> {
  const kind = extensions ? { filters: { Files: [...extensions], All: ['*'] } } : { canSelectFiles: false, canSelectFolders: true };
  const found = await vscode.window.showOpenDialog({ title, openLabel: 'Choose', canSelectMany: false, defaultUri: vscode.Uri.file(near), ...kind });
  return found?.[0]?.fsPath;
}
