import { z } from 'zod';
import { SurgeryError } from '../errors';
import { add } from '../ops/binary';
import { readActivated, type Activated } from './activations';
import { json, variableSettings } from './config';
import { withFanAxes } from './initializers';
import type { KerasShape, LayerDefinition, WeightSpec } from './layer';
import { einsum } from './operations/einsum';
import { asFloat, only, showKerasShape } from './shapes';
import { variable } from './variable';

const size = z.int().positive().nullable();

const schema = z.object({
  equation: z.string(),
  output_shape: z.union([size.transform((one) => [one]), z.array(size)]),
  activation: json,
  bias_axes: z.string().nullish().transform((axes) => axes ?? null),
  ...variableSettings('kernel'),
  ...variableSettings('bias'),
});

type EinsumDenseConfig = Activated<z.output<typeof schema>>;

/** activation(einsum(equation, x, kernel) + bias): a Dense over the axes that the equation names. */
export const einsumDenseLayer: LayerDefinition<EinsumDenseConfig> = {
  className: 'EinsumDense',
  parse: (config, where) => {
    const read = readActivated(schema, config, where);
    termsOf(read.equation);
    return read;
  },
  weights: (config, inputs) => {
    const { kernel, bias, axes } = analyze(config, only(inputs, 'EinsumDense'));
    const spec = variable('kernel', kernel, 'glorot_uniform', config);
    const scaled: WeightSpec = { ...spec, initializer: withFanAxes(spec.initializer, axes) };
    return bias ? [scaled, variable('bias', bias, 'zeros', config)] : [scaled];
  },
  outputShapes: (config, inputs) => [config.activation.outputShape(analyze(config, only(inputs, 'EinsumDense')).output)],
  call: ({ config, weights: { kernel, bias } }, inputs) => {
    const x = asFloat(only(inputs, 'EinsumDense'));
    if (!kernel) throw new Error('an EinsumDense was given no kernel');
    const product = einsum([x, kernel], config.equation, (what) => misfit(config, what));
    return [config.activation.apply(bias ? add(product, bias) : product)];
  },
};

interface Terms {
  readonly input: string;
  readonly kernel: string;
  readonly output: string;
  readonly elided: 'left' | 'right' | 'nowhere';
}

/** Keras' three forms: `X,Y->Z`, `...X,Y->...Z`, `X...,Y->Z...`. */
function termsOf(equation: string): Terms {
  const forms = [
    { form: /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/, elided: 'nowhere' },
    { form: /^\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)$/, elided: 'left' },
    { form: /^([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.$/, elided: 'right' },
  ] as const;
  for (const { form, elided } of forms) {
    const found = form.exec(equation);
    if (found) return { input: found[1], kernel: found[2], output: found[3], elided };
  }
  throw new SurgeryError('config-invalid', 'The equation of an EinsumDense is not one that Keras takes.', { expected: 'X,Y->Z, ...X,Y->...Z or X...,Y->Z...', received: equation });
}

interface Analysis {
  readonly kernel: readonly number[];
  readonly bias: readonly number[] | undefined;
  readonly output: KerasShape;
  readonly axes: { readonly input_axes: readonly number[]; readonly output_axes: readonly number[] };
}

/** As Keras' `_analyze_einsum_string`: the batch axis first, then what is elided on the left, what the config says, what is elided on the right. */
function analyze(config: EinsumDenseConfig, input: KerasShape): Analysis {
  const terms = termsOf(config.equation);
  const elided = input.length - terms.input.length;
  if (elided < 0 || (elided > 0 && terms.elided === 'nowhere')) throw misfit(config, showKerasShape(input));
  const left = terms.elided === 'left' ? elided : 0;
  const output = [
    input[0] ?? null,
    // Keras puts each of them in second place.
    ...(left > 0 ? [...input.slice(1, elided)].reverse() : []),
    ...config.output_shape,
    ...(terms.elided === 'right' ? input.slice(input.length - elided) : []),
  ];
  const ofInput = new Map(Array.from(terms.input, (letter, index) => [letter, input[index + left] ?? null]));
  const ofOutput = new Map(Array.from(terms.output, (letter, index) => [letter, output[index + left] ?? null]));
  const known = (letter: string): number => {
    const found = ofOutput.get(letter) ?? ofInput.get(letter);
    if (typeof found === 'number') return found;
    throw misfit(config, showKerasShape(input));
  };
  const axes = Array.from(terms.kernel, (letter, axis) => ({ axis, isOutput: ofOutput.has(letter) }));
  return {
    kernel: Array.from(terms.kernel, known),
    bias: config.bias_axes === null ? undefined : [...biasShape(terms.output, config.bias_axes, known), ...new Array<number>(elided - left).fill(1)],
    output,
    axes: { input_axes: axes.filter(({ isOutput }) => !isOutput).map(({ axis }) => axis), output_axes: axes.filter(({ isOutput }) => isOutput).map(({ axis }) => axis) },
  };
}

/** From the first axis with a bias to the last; 1 on those between that have none. */
function biasShape(output: string, axes: string, known: (letter: string) => number): number[] {
  const first = Math.min(...Array.from(axes, (letter) => output.indexOf(letter)));
  return Array.from(output.slice(first), (letter) => (axes.includes(letter) ? known(letter) : 1));
}

function misfit({ equation, output_shape: shape }: EinsumDenseConfig, received: string): SurgeryError {
  return new SurgeryError('shape-mismatch', 'The equation of an EinsumDense does not fit its input.', { expected: `an input for ${equation} with the output ${showKerasShape(shape)}`, received });
}
