import { SurgeryError } from '../../core/errors';
import type { Inspection } from '../../core/inspect/inspection';
import type { LayerSelection } from '../../core/surgery/operation';
import type { SurgeryDocument } from '../document';
import { commandIds } from '../ids';

/** The edits that need nothing but the open document; each takes its answers as arguments and gives plain data. */
export function documentCommands(current: () => SurgeryDocument | null): Readonly<Record<string, (argument?: unknown) => unknown>> {
  const open = (): SurgeryDocument => {
    const document = current();
    if (!document) throw new SurgeryError('usage', 'No model is open', { expected: 'a model opened by Model Surgery: Open Model' });
    return document;
  };
  const setTrainable = (layers: LayerSelection, on: boolean): Promise<Inspection> => open().setTrainable(layers, on);
  return {
    [commandIds.inspect]: () => open().inspection,
    [commandIds.freezeAllButHead]: () => setTrainable('all but head', false),
    [commandIds.unfreezeAll]: () => setTrainable('all', true),
    [commandIds.freezeLayer]: (path) => setTrainable([pathOf(path)], false),
    [commandIds.unfreezeLayer]: (path) => setTrainable([pathOf(path)], true),
    [commandIds.toggleTrainable]: (path) => toggle(open(), pathOf(path)),
    [commandIds.recompile]: () => { open().recompile(); return { changed: open().changedSinceCompile }; },
  };
}

function toggle(document: SurgeryDocument, path: string): Promise<Inspection> {
  const layer = document.inspection.layers.find((each) => each.path === path);
  if (!layer) throw new SurgeryError('layer-unknown', 'There is no such layer', { received: path });
  return document.setTrainable([path], !layer.trainable);
}

/** A path, or the row of the tree that a menu or a key hands over. */
function pathOf(argument: unknown): string {
  if (typeof argument === 'string') return argument;
  if (typeof argument === 'object' && argument !== null && 'path' in argument && typeof argument.path === 'string') return argument.path;
  throw new SurgeryError('usage', 'A layer path is needed', { received: typeof argument });
}
