/** The loss that goes with a head, as a Keras name: a probability per unit, one class of many, or a plain number. */
export function matchingLoss(units: number, activation: string): string {
  if (activation === 'sigmoid' || activation === 'hard_sigmoid') return 'binary_crossentropy';
  if (activation === 'softmax') return units === 1 ? 'mean_squared_error' : 'sparse_categorical_crossentropy';
  return 'mean_squared_error';
}
