import { convLstmCells } from './convLstmCell';
import { onlyCell, recurrentLayer } from './recurrent';

export const convLstm3DLayer = recurrentLayer('ConvLSTM3D', onlyCell(convLstmCells[2]));
