import { convLstmCells } from './convLstmCell';
import { onlyCell, recurrentLayer } from './recurrent';

export const convLstm2DLayer = recurrentLayer('ConvLSTM2D', onlyCell(convLstmCells[1]));
