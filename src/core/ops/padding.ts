/** What is added before and after a tensor on one axis, in elements. */
export type Padding = readonly [before: number, after: number];


/** Padding `same` as TensorFlow does it: the output is ceil(size / stride) long, an odd element goes to the end. */
export function samePadding(size: number, window: number, stride: number, dilation: number): Padding {
  const output = Math.ceil(size / stride);
  const total = Math.max(0, (output - 1) * stride + (window - 1) * dilation + 1 - size);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** Length of the output on one spatial axis; below 1 where the window does not fit. */
export function convOutputSize(
  size: number,
  ...[window, stride, dilation, [before, after]]: [window: number, stride: number, dilation: number, padding: Padding]
): number {
  return Math.floor((size + before + after - ((window - 1) * dilation + 1)) / stride) + 1;
}
