import * as vscode from 'vscode';
import { SurgeryError } from '../../core/errors';
import type { FreezeSuggestion, LayerPull } from '../../core/run/proposeFreeze';
import type { SurgeryDocument } from '../document';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { pullBar } from '../layerText';
import type { WorkerClient } from '../workerClient';
import { answers, parseAnswers } from './arguments';
import { plainText, toTell } from './errorText';
import type { Commands } from './register';

export interface FreezeCommandOptions {
  readonly documents: OpenDocuments;
  readonly worker: Pick<WorkerClient, 'ask'>;
  readonly engine: () => string;
  /** Draws beside the layers what was measured. */
  readonly showPulls: (document: SurgeryDocument, pulls: readonly LayerPull[]) => void;
}

/** characters */
const barWidth = 16;

/** What to freeze, from one pass of gradients: bars to choose from, and the choice becomes one operation. */
export function freezeCommands({ documents, worker, engine, showPulls }: FreezeCommandOptions): Commands<typeof commandIds.suggestFreeze> {
  return {
    [commandIds.suggestFreeze]: async (argument) => {
      const given = argument === undefined ? undefined : parseAnswers(answers.suggestFreeze, argument, '{ apply: true or false }');
      const document = documents.require();
      await document.settled();
      const { planPath, plan } = document.source;
      if (planPath === null || !plan) throw new SurgeryError('usage', 'A suggestion needs a plan that names the data', { expected: 'a *.surgery.json beside the model' });
      const suggestion = await worker.ask('suggestFreeze', { planPath, plan, model: document.edited, engine: engine() });
      showPulls(document, suggestion.layers);
      const freeze = given ? (given.apply === true ? suggestion.freeze : []) : await choose(suggestion);
      if (!freeze) offerProposed(document, suggestion);
      if (freeze && freeze.length > 0) await document.setTrainable(freeze, false);
      return { ...suggestion, applied: freeze ?? [] };
    },
  };
}

/** The proposed layers are checked; undefined where the user left the list. */
async function choose({ layers, reason }: FreezeSuggestion): Promise<readonly string[] | undefined> {
  const most = layers.reduce((best, { relativeGradient }) => Math.max(best, relativeGradient), 0);
  const items = layers.map((layer) => ({
    label: layer.path.replaceAll('$(', '$ ('), description: pullBar(layer, most, barWidth), picked: layer.freeze, path: layer.path,
    detail: `gradient ${layer.relativeGradient.toExponential(1)} of its weights${layer.isHead ? '; the head' : layer.freeze ? '; proposed to freeze' : ''}`,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Suggest Freeze: checked layers are frozen', placeHolder: reason, canPickMany: true, ignoreFocusOut: true });
  return chosen?.map(({ path }) => path);
}

/** In passing, where the list was left: the bars stay beside the layers, and one click still freezes what was proposed. */
function offerProposed(document: SurgeryDocument, { freeze, reason }: FreezeSuggestion): void {
  if (freeze.length === 0) return;
  const label = freeze.length === 1 ? 'Freeze This Layer' : `Freeze These ${freeze.length} Layers`;
  void vscode.window.showInformationMessage(plainText(reason), label)
    .then((chosen) => (chosen === label ? document.setTrainable(freeze, false) : undefined))
    .then(undefined, (thrown: unknown) => vscode.window.showErrorMessage(toTell(thrown).message));
}
