import type { GraphAttributes, GraphDType } from './graphDef';

/**
 * Types of the TensorFlow operators that are written here: inputs -> outputs, each a type or the attribute that names it, `N*T`
 * for as many tensors of type T as the attribute N says (of outputs it must be given). A graph takes only exact types, unlike eager execution.
 */
const signatures = {
  Abs: 'T -> T', Exp: 'T -> T', Expm1: 'T -> T', Log: 'T -> T', Log1p: 'T -> T', Neg: 'T -> T', Sign: 'T -> T', Sqrt: 'T -> T',
  Rsqrt: 'T -> T', Square: 'T -> T', Tanh: 'T -> T', Sigmoid: 'T -> T', Erf: 'T -> T', Relu: 'T -> T', Elu: 'T -> T', Selu: 'T -> T',
  Softplus: 'T -> T', Sin: 'T -> T', Cos: 'T -> T', Atan: 'T -> T', Floor: 'T -> T', Identity: 'T -> T', Softmax: 'T -> T', LogSoftmax: 'T -> T',
  TanhGrad: 'T T -> T', SigmoidGrad: 'T T -> T', ReluGrad: 'T T -> T', Relu6: 'T -> T', Relu6Grad: 'T T -> T', EluGrad: 'T T -> T', SeluGrad: 'T T -> T', SoftplusGrad: 'T T -> T',
  AddV2: 'T T -> T', Sub: 'T T -> T', Mul: 'T T -> T', RealDiv: 'T T -> T', Pow: 'T T -> T', Maximum: 'T T -> T', Minimum: 'T T -> T',
  FloorDiv: 'T T -> T', BiasAdd: 'T T -> T', BiasAddGrad: 'T -> T',
  Less: 'T T -> bool', Greater: 'T T -> bool', GreaterEqual: 'T T -> bool', Equal: 'T T -> bool', LogicalAnd: 'bool bool -> bool',
  SelectV2: 'bool T T -> T', Cast: 'SrcT -> DstT', OneHot: 'TI int32 T T -> T', Shape: 'T -> out_type',
  Sum: 'T Tidx -> T', Mean: 'T Tidx -> T', Max: 'T Tidx -> T', ArgMax: 'T Tidx -> output_type', TopKV2: 'T int32 -> T int32',
  Reshape: 'T Tshape -> T', Transpose: 'T Tperm -> T', BroadcastTo: 'T Tidx -> T', ConcatV2: 'N*T Tidx -> T', Pack: 'N*T -> T', Unpack: 'T -> num*T',
  StridedSlice: 'T Index Index Index -> T', PadV2: 'T Tpaddings T -> T', Fill: 'index_type T -> T', ReverseV2: 'T Tidx -> T',
  SplitV: 'T Tlen int32 -> num_split*T', GatherV2: 'Tparams Tindices Taxis -> Tparams', ScatterNd: 'Tindices T Tindices -> T',
  MatMul: 'T T -> T', BatchMatMulV2: 'T T -> T',
  Conv2D: 'T T -> T', Conv2DBackpropInput: 'int32 T T -> T', Conv2DBackpropFilter: 'T int32 T -> T',
  DepthwiseConv2dNative: 'T T -> T', DepthwiseConv2dNativeBackpropInput: 'int32 T T -> T', DepthwiseConv2dNativeBackpropFilter: 'T int32 T -> T',
  Conv3D: 'T T -> T', Conv3DBackpropInputV2: 'Tshape T T -> T', Conv3DBackpropFilterV2: 'T int32 T -> T',
  MaxPool: 'T -> T', MaxPoolGrad: 'T T T -> T', AvgPool: 'T -> T', AvgPoolGrad: 'int32 T -> T',
  MaxPool3D: 'T -> T', MaxPool3DGrad: 'TInput TInput T -> T', AvgPool3D: 'T -> T', AvgPool3DGrad: 'int32 T -> T',
  FusedBatchNormV3: 'T U U U U -> T U U U U U', FusedBatchNormGradV3: 'T T float32 U U U -> T U U U U',
  BlockLSTMV2: 'int64 T T T T T T T T -> T T T T T T T', BlockLSTMGradV2: 'int64 T T T T T T T T T T T T T T T T T -> T T T T T T T T',
  Enter: 'T -> T', Exit: 'T -> T', NextIteration: 'T -> T', Merge: 'N*T -> T int32', Switch: 'T bool -> T T', LoopCond: 'bool -> bool',
  Range: 'Tidx Tidx Tidx -> Tidx', TensorArrayV3: 'int32 -> resource float32', TensorArrayWriteV3: 'resource int32 T float32 -> float32', TensorArrayGatherV3: 'resource int32 float32 -> dtype',
  TensorListReserve: 'shape_type int32 -> variant', TensorListSetItem: 'variant int32 element_dtype -> variant', TensorListStack: 'variant int32 -> element_dtype',
} as const satisfies Record<string, string>;

export type GraphOp = keyof typeof signatures;

const words: readonly string[] = ['float32', 'int32', 'int64', 'bool', 'resource', 'variant'] satisfies readonly GraphDType[];

function isType(word: string): word is GraphDType {
  return words.includes(word);
}

interface Signature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

function signatureOf(op: GraphOp): Signature {
  const [inputs, outputs] = signatures[op].split(' -> ').map((side) => side.split(' '));
  return { inputs, outputs };
}

/** What a node of these inputs has for attributes of type, and the types of its outputs. */
export interface NodeTypes {
  readonly attributes: GraphAttributes;
  readonly outputs: readonly GraphDType[];
}

/** The attributes that name types follow from the inputs; `given` holds those of outputs alone. */
export function typesOf(op: GraphOp, inputs: readonly GraphDType[], given: GraphAttributes): NodeTypes {
  const signature = signatureOf(op);
  const found = new Map<string, GraphDType>();
  const attributes: Record<string, GraphAttributes[string]> = {};
  let at = 0;
  signature.inputs.forEach((word, i) => {
    const [count, listed] = word.split('*') as [string, string | undefined];
    const name = listed ?? word;
    if (listed !== undefined) attributes[count] = inputs.length - (signature.inputs.length - 1);
    const type = inputs[at];
    at += listed === undefined ? 1 : inputs.length - (signature.inputs.length - 1);
    if (!isType(signature.inputs[i]) && !found.has(name)) {
      found.set(name, type);
      attributes[name] = { type };
    }
  });
  const outputs = signature.outputs.flatMap((word) => {
    const [count, listed] = word.split('*') as [string, string | undefined];
    const name = listed ?? word;
    const type = isType(name) ? name : (found.get(name) ?? givenType(name, given));
    return new Array<GraphDType>(listed === undefined ? 1 : Number(given[count])).fill(type);
  });
  return { attributes, outputs };
}

function givenType(name: string, given: GraphAttributes): GraphDType {
  const value = given[name] as GraphAttributes[string] | undefined;
  if (typeof value === 'object' && 'type' in value) return value.type;
  throw new Error(`the attribute ${name} must be given`);
}
