import type { Json } from '../model/json';
import type { Argument, Call, TensorRef } from '../model/model';

/** What a call is given, each tensor as its number among those that the call reads. */
export interface CallArguments {
  readonly args: readonly GivenArgument[];
  readonly kwargs: Readonly<Record<string, GivenArgument>>;
}

export type GivenArgument =
  | { readonly kind: 'tensor'; readonly index: number }
  | { readonly kind: 'list'; readonly items: readonly GivenArgument[] }
  /** `float` where the file writes a whole number as a float: `2.0`. */
  | { readonly kind: 'value'; readonly value: Json; readonly float: boolean };

/** The arguments of a call, and the tensors that stand in them: those by place first, dictionaries as lists. */
export function numberTensors({ args, kwargs }: Call): { readonly given: CallArguments; readonly tensors: readonly TensorRef[] } {
  const tensors: TensorRef[] = [];
  const number = (argument: Argument): GivenArgument => {
    switch (argument.kind) {
      case 'tensor': return { kind: 'tensor', index: tensors.push(argument) - 1 };
      case 'value': return { kind: 'value', value: argument.value, float: argument.spelling !== undefined };
      default: return { kind: 'list', items: Object.values(argument.items).map(number) };
    }
  };
  const given = { args: args.map(number), kwargs: Object.fromEntries(Object.entries(kwargs).map(([name, argument]) => [name, number(argument)])) };
  return { given, tensors };
}
