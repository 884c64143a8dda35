import { convLstmCells } from './convLstmCell';
import { onlyCell, recurrentLayer } from './recurrent';

export const convLstm1DLayer = recurrentLayer('ConvLSTM1D', onlyCell(convLstmCells[0]));
