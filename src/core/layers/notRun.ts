const code = 'it is code that is not in the file';
const cell = 'it is one step of a recurrent layer, and runs inside RNN';

/** Layer classes of Keras that are never run, and why. They are shown, kept and written back. */
export const notRun: Readonly<Record<string, string>> = {
  Layer: 'it is what other layers are made from, and computes nothing',
  Wrapper: 'it is what other layers are made from, and computes nothing',
  Lambda: code,
  SimpleRNNCell: cell,
  LSTMCell: cell,
  GRUCell: cell,
  StackedRNNCells: cell,
  FlaxLayer: code,
  JaxLayer: code,
  TorchModuleWrapper: code,
  TFSMLayer: code,
  MaxNumBoundingBoxes: 'it works on bounding boxes, not on images',
  ContrastLimitedAdaptiveHistogramEqualization: 'it counts the values of an image, which no engine here computes',
};
