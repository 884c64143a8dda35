import { add } from '../ops/binary';
import { merge } from './merge';

export const addLayer = merge({ className: 'Add', combine: (inputs) => inputs.reduce((a, b) => add(a, b)) });
