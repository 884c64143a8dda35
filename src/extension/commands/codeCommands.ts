import { slicedLayers } from '../code/slicing';
import type { OpenDocuments } from '../documents';
import { commandIds } from '../ids';
import { answers, parseAnswers } from './arguments';
import type { Commands } from './register';

/** What a lens in Python does: the open model gets the flags that a loop over `model.layers[a:b]` would set. */
export function codeCommands(documents: OpenDocuments): Commands<typeof commandIds.applyFreezeSet> {
  return {
    [commandIds.applyFreezeSet]: async (argument) => {
      const { slice, trainable } = parseAnswers(answers.applyFreezeSet, argument, '{ slice: { start, stop }, trainable }');
      const document = documents.require();
      await document.settled();
      return document.setTrainable(slicedLayers(document.inspection, slice), trainable);
    },
  };
}
