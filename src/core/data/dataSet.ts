/** How the values of an array are held in memory: as stored where that is small, else float32. 64-bit integers are held as
 *  int32 where they fit, else float64; float64 and float16 as float32. */
export type ArrayData = Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Uint32Array;

/** One named array of a data set, row-major. Axis 0 is the samples: `shape[0]` of all arrays of a set is equal. */
export interface SampleArray {
  readonly shape: readonly number[];
  /** `data.length` is the product of `shape`. Not changed after the set was made. */
  readonly data: ArrayData;
  /** What the model sees is `data * scale`, rounded to float32 when a batch is made: images stay bytes. 1 for targets. */
  readonly scale: number;
  /** Texts: the numbers are places in this list, which holds each text once. */
  readonly words?: readonly string[];
}

/**
 * What a phase trains on or an evaluation reads, whole in memory. Label filters, maps, splits and sub-samples are already
 * applied. Inputs are keyed by the names of the model's inputs (`Network.inputs[].name`), targets by those of its outputs
 * (`Network.outputs[].name`), in any order. Shapes need not have been checked against the model: who runs it does.
 */
export interface DataSet {
  /** Number of samples, at least 1. */
  readonly samples: number;
  readonly inputs: Readonly<Record<string, SampleArray>>;
  /** Class indices or values. Empty for prediction only. */
  readonly targets: Readonly<Record<string, SampleArray>>;
  /** One weight for each sample, by output name. Where an output is missing here its samples weigh 1. */
  readonly sampleWeights?: Readonly<Record<string, Float32Array>>;
}

/** The sets of a run, as a plan names them. */
export interface DataSets {
  readonly train: DataSet;
  readonly validation?: DataSet;
  readonly test?: DataSet;
}
