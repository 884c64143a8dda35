import { minimum } from '../ops/binary';
import { merge, pairwise } from './merge';

export const minimumLayer = merge({ className: 'Minimum', combine: pairwise(minimum) });
