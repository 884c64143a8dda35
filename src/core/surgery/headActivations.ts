/**
 * Keras 3's activations that need no parameters: what a new head may be given. A list of its own, so that the schema of plans
 * stays light; a test holds it to what the layers can compute.
 */
export const headActivations = [
  'linear', 'sigmoid', 'softmax', 'relu', 'tanh', 'selu', 'elu', 'gelu', 'silu', 'swish', 'leaky_relu', 'relu6', 'log_softmax', 'log_sigmoid',
  'celu', 'softplus', 'softsign', 'squareplus', 'soft_shrink', 'hard_shrink', 'sparse_plus', 'sparse_sigmoid', 'sparsemax', 'glu',
  'tanh_shrink', 'exponential', 'hard_sigmoid', 'hard_silu', 'hard_swish', 'hard_tanh', 'mish',
] as const;
