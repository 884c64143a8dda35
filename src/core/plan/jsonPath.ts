export type PathStep = string | number;

/** `phases[1].epochs`, `data.train.classes["5"]`; `$` for no step at all. */
export function showPath(steps: readonly PathStep[]): string {
  if (steps.length === 0) return '$';
  return steps.map((step, index) => (isName(step) ? `${index === 0 ? '' : '.'}${step}` : `[${JSON.stringify(step)}]`)).join('');
}

function isName(step: PathStep): boolean {
  return typeof step === 'string' && /^[A-Za-z_$][\w$]*$/.test(step);
}

/** The steps of a path as `showPath` writes it. What is no such path ends the steps where it starts. */
export function readPath(path: string): PathStep[] {
  if (path === '$') return [];
  const steps: PathStep[] = [];
  const step = /\.?([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  for (let found = step.exec(path); found; found = step.exec(path)) {
    const [, name, index, quoted] = found as (string | undefined)[];
    steps.push(name ?? (index === undefined ? (JSON.parse(quoted ?? '""') as string) : Number(index)));
  }
  return steps;
}
