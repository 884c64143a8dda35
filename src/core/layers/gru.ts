import { gruCell } from './gruCell';
import { onlyCell, recurrentLayer } from './recurrent';

export const gruLayer = recurrentLayer('GRU', onlyCell(gruCell));
