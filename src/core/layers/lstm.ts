import { lstmCell } from './lstmCell';
import { onlyCell, recurrentLayer } from './recurrent';

export const lstmLayer = recurrentLayer('LSTM', onlyCell(lstmCell));
