import { weightAsNpy } from '../core/data/writeNpy';
import { SurgeryError } from '../core/errors';
import type { Model, Weight } from '../core/model/model';
import { findLayer } from '../core/surgery/edit';
import { filterImages } from '../core/weights/filters';
import { nearestRows, rowNorms } from '../core/weights/rows';
import { sliceWeight } from '../core/weights/slice';
import { SpectrumSearch } from '../core/weights/spectrum';
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
  const searches = new SpectrumSearches();
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
    weightSpectrum: async ({ stop, ...asked }) => {
      const search = searches.of(await weightOf(asked));
      return stop ? search.stop() : search.advance(pause);
    },
    weightRows: async ({ row, most, ...asked }) => {
      const weight = await weightOf(asked);
      return { ...(await rowNorms(weight, most, pause)), nearest: row === null ? null : await nearestRows(weight, row, { most, pause }) };
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

/** searches that hold their matrix */
const mostSearches = 3;

/** A search goes on where it was when it is asked for again; one that nobody asks for any more ends when others begin. */
class SpectrumSearches {
  private readonly byWeight = new WeakMap<Weight, SpectrumSearch>();
  private readonly latest: SpectrumSearch[] = [];

  of(weight: Weight): SpectrumSearch {
    const known = this.byWeight.get(weight);
    if (known) return known;
    const search = new SpectrumSearch(weight);
    this.byWeight.set(weight, search);
    this.latest.push(search);
    if (this.latest.length > mostSearches) this.latest.shift()?.stop();
    return search;
  }
}
