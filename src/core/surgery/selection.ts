import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import { walkLayers } from '../model/model';
import { unknownLayer } from './edit';
import { headPaths } from './head';
import type { LayerSelection } from './operation';

/**
 * Paths of the layers that a selection means, in the order of `inspect`, each once. A nested model that is named stands for
 * itself; who sets its flag sets all inside. `all but head` leaves out the head and the nested models around it.
 * Throws `layer-unknown`, and `operation-refused` for a range that runs backwards.
 */
export function resolveSelection(model: Model, selection: LayerSelection): string[] {
  const paths = [...walkLayers(model)].map(({ path }) => path);
  if (selection === 'all') return paths;
  if (selection === 'nothing') return [];
  if (selection === 'all but head') return allBut(paths, headPaths(model));
  if ('from' in selection) return range(model, paths, selection);
  const wanted = new Set(selection);
  selection.forEach((path) => requireKnown(path, paths));
  return paths.filter((path) => wanted.has(path));
}

function allBut(paths: readonly string[], kept: readonly string[]): string[] {
  return paths.filter((path) => !kept.some((head) => head === path || head.startsWith(`${path}/`)));
}

/**
 * A range names layers, so a nested model belongs to it only when the range holds all of it: freezing from outside a
 * nested model into its middle leaves its later layers alone.
 */
function range(model: Model, paths: readonly string[], { from, to }: { readonly from: string; readonly to: string }): string[] {
  const [first, last] = [requireKnown(from, paths), requireKnown(to, paths)];
  if (first > last) {
    throw new SurgeryError('operation-refused', 'The range of layers runs backwards.', {
      expected: 'a range in the order of inspect',
      received: `from ${from} to ${to}`,
      where: from,
    });
  }
  const chosen = new Set(paths.slice(first, last + 1));
  const whole = (placed: { path: string; inner: string[] }): boolean =>
    placed.path === to || placed.inner.every((path) => chosen.has(path));
  return [...walkLayers(model)]
    .map(({ path, layer }) => ({ path, inner: layer.network ? paths.filter((other) => other.startsWith(`${path}/`)) : [] }))
    .filter((placed) => chosen.has(placed.path) && whole(placed))
    .map(({ path }) => path);
}

function requireKnown(path: string, paths: readonly string[]): number {
  const index = paths.indexOf(path);
  if (index < 0) throw unknownLayer(path, paths);
  return index;
}
