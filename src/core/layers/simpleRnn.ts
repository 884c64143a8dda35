import { simpleRnnCell } from './simpleRnnCell';
import { onlyCell, recurrentLayer } from './recurrent';

export const simpleRnnLayer = recurrentLayer('SimpleRNN', onlyCell(simpleRnnCell));
