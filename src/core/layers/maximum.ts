import { maximum } from '../ops/binary';
import { merge, pairwise } from './merge';

export const maximumLayer = merge({ className: 'Maximum', combine: pairwise(maximum) });
