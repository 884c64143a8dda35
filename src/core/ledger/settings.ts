import { isJsonObject } from '../model/json';
import type { KerasObject } from '../model/model';
import type { PhasePlan, Plan } from '../plan/plan';
import { operationText } from '../surgery/operationText';
import type { RunSettings } from './entry';

/** What of a plan people compare runs by. */
export function runSettings({ model, operations, phases, data }: Pick<Plan, 'model' | 'operations' | 'phases' | 'data'>): RunSettings {
  return {
    model,
    operations: operations.map(operationText),
    phases: phases.map(({ name, freeze, optimizer, epochs, batchSize }, index) => ({
      name: name ?? `phase ${index + 1}`, freeze: showFreeze(freeze), optimizer: typeof optimizer === 'string' ? optimizer : optimizer.class_name,
      learningRate: rateOf(optimizer), epochs, batchSize,
    })),
    take: data.train.take ?? null,
  };
}

function showFreeze(freeze: PhasePlan['freeze']): string {
  if (typeof freeze === 'string') return freeze;
  return 'from' in freeze ? `${freeze.from} to ${freeze.to}` : freeze.join(', ') || 'nothing';
}

/** Null where Keras' default or a schedule is meant. */
function rateOf(optimizer: KerasObject): number | null {
  const rate = typeof optimizer === 'string' || !isJsonObject(optimizer.config) ? undefined : optimizer.config['learning_rate'];
  return typeof rate === 'number' ? rate : null;
}
