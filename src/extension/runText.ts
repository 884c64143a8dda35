import type { RunRow } from '../core/ledger/runRows';

/** Whether every word of a filter occurs in what is shown of a run. */
export function matchesRun(run: RunRow, filter: string): boolean {
  const text = [run.kind, run.state, run.result, run.title, run.engine, run.time, ...run.notes, ...runFacts(run).map(({ description }) => description)].join(' ').toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** What stands below a run in the tree. */
export function runFacts(run: RunRow): readonly { readonly label: string; readonly description: string }[] {
  const { settings, notes, engine, title, seed, seconds, folder, hashes } = run;
  const fact = (label: string, description: string): { label: string; description: string } => ({ label, description });
  return [
    ...notes.map((note) => fact('note', note)),
    fact('plan', title),
    ...(settings ? [
      fact('model', settings.model),
      fact('operations', settings.operations.join('; ') || 'none'),
      ...settings.phases.map(({ name, freeze, optimizer, learningRate, epochs, batchSize }) =>
        fact(name, `${epochs} epochs · ${optimizer}${learningRate === null ? '' : ` ${learningRate}`} · batch ${batchSize} · freeze ${freeze}`)),
    ] : []),
    fact('engine', engine),
    ...(seed === null ? [] : [fact('seed', String(seed))]),
    ...(seconds === null ? [] : [fact('seconds', seconds.toFixed(1))]),
    ...(folder === null ? [] : [fact('folder', folder)]),
    fact('configuration', hashes.configuration.slice(0, 12)),
  ];
}
