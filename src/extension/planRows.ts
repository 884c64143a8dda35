import type { JsonObject } from '../core/model/json';
import type { KerasObject } from '../core/model/model';
import type { PhasePlan, Plan } from '../core/plan/plan';
import type { Operation } from '../core/surgery/operation';
import { operationText, selectionText } from '../core/surgery/operationText';

/** Where a value stands in the plan's JSON. */
export type PlanPath = readonly (string | number)[];

/** A line of the tree Plan. */
export interface PlanRow {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** What a click edits. */
  readonly edits?: PlanPath;
  readonly children: readonly PlanRow[];
}

export interface PlanState {
  readonly model: string;
  readonly operations: readonly Operation[];
  readonly plan: Plan | null;
  readonly compileState: string;
}

/** The tree Plan as data. */
export function planRows({ model, operations, plan, compileState }: PlanState): readonly PlanRow[] {
  return [
    { id: 'model', label: model, description: 'model', children: [] },
    {
      id: 'operations', label: 'Operations', description: operations.length === 0 ? 'none' : String(operations.length),
      children: operations.map((operation, index) => ({ id: `operations/${index}`, label: operationText(operation), description: '', children: [] })),
    },
    { id: 'compile', label: 'Compile', description: compileState, children: plan ? compileRows(plan) : [] },
    ...(plan?.phases ?? []).map((phase, index) => phaseRow(phase, index)),
    ...(plan ? [dataRow(plan)] : []),
  ];
}

/** What a row's value is now, as the user types it. */
export function settingAt(plan: Plan, path: PlanPath): unknown {
  let value: unknown = plan;
  for (const step of path) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value;
}

/** `Adam`, of a name or a config. */
export function kerasName(object: KerasObject): string {
  return typeof object === 'string' ? object : object.class_name;
}

function compileRows(plan: Plan): readonly PlanRow[] {
  const { loss, metrics } = plan.compile;
  return [
    { id: 'compile/loss', label: 'loss', description: nameAll(loss), children: [], ...(typeof loss === 'string' ? { edits: ['compile', 'loss'] } : {}) },
    { id: 'compile/metrics', label: 'metrics', description: nameAll(metrics) || 'none', children: [] },
  ];
}

/** The names in a loss or in metrics of any form: one, a list, or by output. */
function nameAll(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(nameAll).join(', ');
  if (typeof value !== 'object' || value === null) return 'none';
  if ('class_name' in value) return String(value.class_name);
  return Object.entries(value).map(([output, inner]) => `${output}: ${nameAll(inner)}`).join(', ');
}

function phaseRow(phase: PhasePlan, index: number): PlanRow {
  const at = (...rest: PlanPath): PlanPath => ['phases', index, ...rest];
  const id = `phases/${index}`;
  const rate = learningRate(phase.optimizer);
  const rows: readonly [string, string, PlanPath | null][] = [
    ['freeze', selectionText(phase.freeze), typeof phase.freeze === 'string' ? at('freeze') : null],
    ['optimizer', kerasName(phase.optimizer), at('optimizer')],
    ['learning rate', rate === null ? "Keras' default" : String(rate), at('optimizer', 'config', 'learning_rate')],
    ['epochs', String(phase.epochs), at('epochs')],
    ['batch size', String(phase.batchSize), at('batchSize')],
  ];
  return {
    id, label: phase.name ?? `phase ${index + 1}`, description: `${phase.epochs} epochs · freeze ${selectionText(phase.freeze)}`,
    children: rows.map(([label, description, edits]) => ({ id: `${id}/${label}`, label, description, children: [], ...(edits ? { edits } : {}) })),
  };
}

function learningRate(optimizer: KerasObject): number | null {
  const config: JsonObject = typeof optimizer === 'string' ? {} : optimizer.config;
  return typeof config.learning_rate === 'number' ? config.learning_rate : null;
}

function dataRow({ data }: Plan): PlanRow {
  const { train, validation, test } = data;
  const sets = Object.entries({ train, validation, test }).flatMap(([name, set]) => (set ? [{ name, set }] : []));
  return {
    id: 'data', label: 'Data', description: sets.map(({ name }) => name).join(', '),
    children: sets.map(({ name, set }) => ({
      id: `data/${name}`, label: name, description: [nameAll(set.inputs), nameAll(set.targets), ...(set.take === undefined ? [] : [`take ${set.take}`])].join(' · '), children: [],
    })),
  };
}
