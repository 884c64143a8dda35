import { weightAsNpy } from '../core/data/writeNpy';
import { SurgeryError } from '../core/errors';
import type { Model, Weight } from '../core/model/model';
import { findLayer } from '../core/surgery/edit';
import { filterImages } from '../core/weights/filters';
import { nearestRows, rowNorms } from '../core/weights/rows';
import { sliceWeight } from '../core/weights/slice';
import { weightSpectrum } from '../core/weights/spectrum';
import { sampledStatistics, weightStatisticsWithPauses } from '../core/weights/statistics';
import { refuseInputAsOutput, writeFileAtomically } from '../node/atomicWrite';
import { sha256 } from '../node/fileBytes';
import type { Handlers } from '../protocol/channel';
import type { WeightAsk, WeightStatistics, WorkerCalls } from '../protocol/workerCalls';
import type { OpenModels } from './openModels';

type WeightCalls = Pick<Handlers<WorkerCalls>, 'weights' | 'weightSlice' | 'weightFigures' | 'weightFilters' | 'weightSpectrum' | 'weightRows' | 'exportWeight'>;

/** What was asked meanwhile comes first: a large weight takes seconds. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Numbers about weights; no whole weight leaves this process but into a file. */
export function weightCalls(models: OpenModels): WeightCalls {
  const weightOf = async ({ layer, weight, ...edited }: WeightAsk): Promise<Weight> => weightAt((await models.open(edited)).model, layer, weight);
  return {
    weights: async ({ layer, ...edited }) => {
      const { model } = await models.open(edited);
      const found: WeightStatistics[] = [];
      for (const weight of findLayer(model, layer).layer.weights) found.push(await weightStatisticsWithPauses(weight, pause));
      return found;
    },
    weightSlice: async ({ axes, index: held, most, ...asked }) => sliceWeight(await weightOf(asked), { axes, index: held, most }),
    weightFigures: async ({ most, ...asked }) => {
      const weight = await weightOf(asked);
      return most === null ? weightStatisticsWithPauses(weight, pause) : sampledStatistics(weight, most);
    },
    weightFilters: async ({ channel, from, most, ...asked }) => filterImages(await weightOf(asked), { channel, from, most }),
    weightSpectrum: async (asked) => weightSpectrum(await weightOf(asked)),
    weightRows: async ({ row, most, ...asked }) => {
      const weight = await weightOf(asked);
      return { ...rowNorms(weight, most), nearest: row === null ? null : nearestRows(weight, row, most) };
    },
    exportWeight: async ({ out, ...asked }) => {
      const bytes = weightAsNpy(await weightOf(asked));
      await refuseInputAsOutput(out, [asked.path]);
      await writeFileAtomically(out, bytes);
      return { path: out, sha256: sha256(bytes) };
    },
  };
}

/** Throws `layer-unknown`, `usage`. */
function weightAt(model: Model, layer: string, index: number): Weight {
  const { weights } = findLayer(model, layer).layer;
  const weight = weights.at(index);
  if (weight) return weight;
  throw new SurgeryError('usage', 'The layer has no such weight.', { expected: `a number below ${weights.length}`, received: String(index), where: layer });
}
