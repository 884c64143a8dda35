import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { convLstmCells } from './convLstmCell';
import { gruCell } from './gruCell';
import { lstmCell } from './lstmCell';
import { type BoundCell, recurrentLayer } from './recurrent';
import type { RecurrentCell } from './recurrentCell';
import { simpleRnnCell } from './simpleRnnCell';

const cells = new Map([simpleRnnCell, lstmCell, gruCell, ...convLstmCells].map((cell) => [cell.className, cell as RecurrentCell<unknown>]));

/** A layer that is handed its cell, or several that are stacked. */
export const rnnLayer = recurrentLayer('RNN', ({ cell }, where) => cellsOf(cell, `${where}.cell`));

interface NamedObject {
  readonly className: string;
  readonly config: JsonObject;
}

function cellsOf(object: Json | undefined, where: string): readonly BoundCell[] {
  const { className, config } = named(object, where);
  if (className !== 'StackedRNNCells') return [{ ...bind(object, where), prefix: '', group: 'cell' }];
  const stacked = config['cells'];
  if (!Array.isArray(stacked) || stacked.length === 0) throw invalid('a list of cells', stacked, `${where}.cells`);
  const bound = (stacked as readonly Json[]).map((each, index) => bind(each, `${where}.cells.${index}`));
  const times = new Map<string, number>();
  return bound.map((each, index) => {
    const name = each.cell.className === 'SimpleRNNCell' ? 'simple_rnn_cell' : each.cell.className.replace(/Cell$/, '_cell').toLowerCase();
    const seen = times.get(name) ?? 0;
    times.set(name, seen + 1);
    return { ...each, prefix: `cell_${index}_`, group: `cell/cells/${seen === 0 ? name : `${name}_${seen}`}` };
  });
}

function bind(object: Json | undefined, where: string): Pick<BoundCell, 'cell' | 'config'> {
  const { className, config } = named(object, where);
  const cell = cells.get(className);
  if (cell) return { cell, config: cell.parse(config, where) };
  throw new SurgeryError('unsupported', `The cell ${className} is not supported.`, { expected: [...cells.keys()].join(', '), received: className, where });
}

function named(object: Json | undefined, where: string): NamedObject {
  const [className, config] = isJsonObject(object) ? [object['class_name'], object['config']] : [];
  if (typeof className === 'string' && isJsonObject(config)) return { className, config };
  throw invalid('{ class_name, config } of a cell', object, where);
}

function invalid(expected: string, received: Json | undefined, where: string): SurgeryError {
  return new SurgeryError('config-invalid', 'The config of a layer is not what Keras writes.', { expected, received: JSON.stringify(received ?? null).slice(0, 200), where });
}
