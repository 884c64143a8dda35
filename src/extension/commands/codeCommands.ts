import { slicedLayers } from '../code/slicing';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { answers, parseAnswers } from './arguments';
import type { Commands } from './register';

type CodeCommand = typeof commandIds.applyFreezeSet | typeof commandIds.showLayer;

/**
 * What lenses in code do: the open model gets the flags that a loop over `model.layers[a:b]` would set; the tree shows the layer that a
 * text names.
 */
export function codeCommands(documents: OpenDocuments, reveal: (path: string) => Promise<void>): Commands<CodeCommand> {
  return {
    [commandIds.showLayer]: async (argument) => {
      const path = parseAnswers(answers.showLayer, argument, 'the path of a layer');
      documents.require();
      await reveal(path);
      return { path };
    },
    [commandIds.applyFreezeSet]: async (argument) => {
      const { slice, trainable } = parseAnswers(answers.applyFreezeSet, argument, '{ slice: { start, stop }, trainable }');
      const document = documents.require();
      await document.settled();
      return document.setTrainable(slicedLayers(document.inspection, slice), trainable);
    },
  };
}
