import * as vscode from 'vscode';
import { panelIds } from './ids';
import type { VerdictPanel } from './panels/verdictPanel';
import type { RememberedVerdict, VerdictController } from './verdictController';
import { readVerdict, requestBehind } from './verdictFile';

/** Where the workspace remembers what was judged the last time. */
const latestVerdictKey = 'latestVerdict';

/** After a reload of the window, panel Verdict shows the latest one again; one that had not ended can go on. */
export function keepLatestVerdict(verdicts: VerdictController, panel: VerdictPanel, memory: vscode.Memento): vscode.Disposable {
  let known = '';
  const remember = verdicts.onDidChange(() => {
    const text = JSON.stringify(verdicts.remembered);
    if (text === known) return;
    known = text;
    void memory.update(latestVerdictKey, verdicts.remembered);
  });
  const restore = vscode.window.registerWebviewPanelSerializer(panelIds.verdict, {
    deserializeWebviewPanel: async (made) => {
      const latest = memory.get<RememberedVerdict | null>(latestVerdictKey, null);
      if (latest && verdicts.planPath === null) await restoreVerdict(verdicts, latest);
      panel.adopt(made);
    },
  });
  return vscode.Disposable.from(remember, restore);
}

/** Earlier versions remembered an invented request, one without a plan, for what was opened from Runs: only the file counts then. */
async function restoreVerdict(verdicts: VerdictController, { planPath, request, report }: Partial<RememberedVerdict>): Promise<void> {
  const path = planPath ?? request?.planPath;
  const verdict = typeof report === 'string' ? await readVerdict(report).catch(() => null) : null;
  if (path === undefined) return;
  verdicts.show(path, request?.plan ? request : requestBehind(verdict ?? {}, path), verdict);
}
