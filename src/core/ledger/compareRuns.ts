import type { RunRow } from './runRows';

/** A property of two runs. */
export interface Comparison {
  readonly what: string;
  readonly one: string;
  readonly other: string;
  readonly differs: boolean;
}

/** Settings and results of two runs side by side, in the order in which people ask for them. */
export function compareRuns(one: RunRow, other: RunRow): Comparison[] {
  const [left, right] = [propertiesOf(one), propertiesOf(other)];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return names.map((what) => {
    const [a, b] = [left.get(what) ?? '–', right.get(what) ?? '–'];
    return { what, one: a, other: b, differs: a !== b };
  });
}

function propertiesOf(run: RunRow): Map<string, string> {
  const { settings, figures } = run;
  return new Map([
    ['time', run.time],
    ['kind', run.kind],
    ['result', run.result],
    ...Object.entries(figures ?? {}).map(([name, value]) => [`test ${name}`, String(Number(value.toPrecision(5)))] as [string, string]),
    ...(run.seconds === null ? [] : [['seconds', run.seconds.toFixed(1)] as [string, string]]),
    ...(run.seed === null ? [] : [['seed', String(run.seed)] as [string, string]]),
    ...(run.replayOf === null ? [] : [['made again from', run.replayOf.slice(0, 8)] as [string, string]]),
    ['engine', run.engine],
    ['plan', run.title],
    ...(settings ? settingsOf(settings) : []),
    ...Object.entries(run.hashes).map(([name, hash]) => [`${name} SHA-256`, hash.slice(0, 12)] as [string, string]),
    ...(run.notes.length === 0 ? [] : [['notes', run.notes.join('; ')] as [string, string]]),
  ]);
}

function settingsOf({ model, operations, phases, take }: NonNullable<RunRow['settings']>): [string, string][] {
  return [
    ['model', model],
    ['operations', operations.join('; ') || 'none'],
    ['training samples drawn', take === null ? 'all' : String(take)],
    ...phases.flatMap(({ name, freeze, optimizer, learningRate, epochs, batchSize }, index): [string, string][] => [
      [`phase ${index + 1}`, name],
      [`phase ${index + 1} frozen`, freeze],
      [`phase ${index + 1} optimizer`, optimizer],
      [`phase ${index + 1} learning rate`, learningRate === null ? 'default or schedule' : String(learningRate)],
      [`phase ${index + 1} epochs`, String(epochs)],
      [`phase ${index + 1} batch size`, String(batchSize)],
    ]),
  ];
}

/** A run as Markdown: for a lab book, an issue, a pull request. */
export function runMarkdown(run: RunRow): string {
  const rows = [...propertiesOf(run)].map(([what, value]) => `| ${what} | ${cell(value)} |`);
  return `**${run.kind}** of ${run.time}: ${cell(run.result)}\n\n| | |\n|---|---|\n${rows.join('\n')}\n`;
}

export function comparisonMarkdown(one: RunRow, other: RunRow): string {
  const rows = compareRuns(one, other).map(({ what, one: a, other: b, differs }) => `| ${differs ? `**${what}**` : what} | ${cell(a)} | ${cell(b)} |`);
  return `# Comparison of two runs\n\nWhat differs is bold.\n\n| | ${one.time} | ${other.time} |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** Text of a model or a user as text of a table. */
function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|]/g, (character) => `\\${character}`).replace(/\s+/g, ' ');
}
