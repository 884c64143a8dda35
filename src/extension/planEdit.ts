import { applyEdits, modify } from 'jsonc-parser';
import { SurgeryError } from '../core/errors';
import type { JsonObject } from '../core/model/json';
import type { KerasObject } from '../core/model/model';
import type { Plan } from '../core/plan/plan';
import { settingAt, type PlanPath } from './planRows';

/** The plan's text with one value changed; the rest stays as its author wrote it. Throws `usage` for a path into nothing. */
export function withSetting(text: string, path: PlanPath, value: unknown): string {
  const plan = JSON.parse(text) as Plan;
  const [at, put] = placeOf(plan, path, value);
  if (settingAt(plan, at.slice(0, -1)) === undefined) {
    throw new SurgeryError('usage', 'The plan has no such place', { expected: 'a path to a value of the plan', received: path.join('.') });
  }
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  return applyEdits(text, modify(text, [...at], put, { formattingOptions }));
}

/** An optimizer that is only named has no settings to write into: it becomes a config. Another optimizer keeps the rate alone. */
function placeOf(plan: Plan, path: PlanPath, value: unknown): readonly [PlanPath, unknown] {
  const above = path.slice(0, 3);
  const optimizer = path[0] === 'phases' && path[2] === 'optimizer' ? settingAt(plan, above) as KerasObject | undefined : undefined;
  if (optimizer === undefined) return [path, value];
  if (path.length === 3) return [path, typeof value === 'string' ? { class_name: value, config: rateOf(optimizer) } : value];
  const toConfig = typeof optimizer === 'string' && path[path.length - 1] === 'learning_rate';
  return toConfig ? [above, { class_name: optimizer, config: { learning_rate: value } }] : [path, value];
}

function rateOf(optimizer: KerasObject): JsonObject {
  const rate = typeof optimizer === 'string' ? undefined : optimizer.config.learning_rate;
  return rate === undefined ? {} : { learning_rate: rate };
}
