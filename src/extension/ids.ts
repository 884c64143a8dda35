/** Every id that package.json and this code share; test/unit/manifest.test.ts holds one against the other. */
export const commandIds = {
  openModel: 'modelSurgery.openModel', clone: 'modelSurgery.clone', replaceHead: 'modelSurgery.replaceHead',
  freezeAllButHead: 'modelSurgery.freezeAllButHead', unfreezeAll: 'modelSurgery.unfreezeAll',
  freezeLayer: 'modelSurgery.freezeLayer', unfreezeLayer: 'modelSurgery.unfreezeLayer', setTrainable: 'modelSurgery.setTrainable',
  toggleTrainable: 'modelSurgery.toggleTrainable', removeLayers: 'modelSurgery.removeLayers', renameLayer: 'modelSurgery.renameLayer',
  insertLayer: 'modelSurgery.insertLayer', moveLayer: 'modelSurgery.moveLayer', duplicateLayer: 'modelSurgery.duplicateLayer',
  reinitialize: 'modelSurgery.reinitialize', setActivation: 'modelSurgery.setActivation', setRate: 'modelSurgery.setRate',
  setRegularizer: 'modelSurgery.setRegularizer', transplantWeights: 'modelSurgery.transplantWeights', addOutput: 'modelSurgery.addOutput',
  cutModel: 'modelSurgery.cutModel', setClasses: 'modelSurgery.setClasses', setInputSize: 'modelSurgery.setInputSize',
  foldBatchNormalization: 'modelSurgery.foldBatchNormalization',
  undoEdit: 'modelSurgery.undoEdit', redoEdit: 'modelSurgery.redoEdit',
  recompile: 'modelSurgery.recompile', trainPhase1: 'modelSurgery.trainPhase1', trainPhase2: 'modelSurgery.trainPhase2',
  trainAllPhases: 'modelSurgery.trainAllPhases', stopTraining: 'modelSurgery.stopTraining', resumeTraining: 'modelSurgery.resumeTraining', evaluate: 'modelSurgery.evaluate',
  exportModel: 'modelSurgery.exportModel', inspectWeights: 'modelSurgery.inspectWeights', compareWeights: 'modelSurgery.compareWeights', compareWith: 'modelSurgery.compareWith',
  exportTensor: 'modelSurgery.exportTensor', inspect: 'modelSurgery.inspect',
  showTraining: 'modelSurgery.showTraining', createPlan: 'modelSurgery.createPlan', openPlan: 'modelSurgery.openPlan',
  verdict: 'modelSurgery.verdict', stopVerdict: 'modelSurgery.stopVerdict', resumeVerdict: 'modelSurgery.resumeVerdict', showVerdict: 'modelSurgery.showVerdict',
  copyVerdict: 'modelSurgery.copyVerdict', saveVerdictReport: 'modelSurgery.saveVerdictReport',
  openRun: 'modelSurgery.openRun', filterRuns: 'modelSurgery.filterRuns', compareRuns: 'modelSurgery.compareRuns', copyRun: 'modelSurgery.copyRun', replayRun: 'modelSurgery.replayRun',
  addNote: 'modelSurgery.addNote', removeRun: 'modelSurgery.removeRun', listRuns: 'modelSurgery.listRuns', suggestFreeze: 'modelSurgery.suggestFreeze', applyFreezeSet: 'modelSurgery.applyFreezeSet', showLayer: 'modelSurgery.showLayer',
  editSetting: 'modelSurgery.editSetting', selectEngine: 'modelSurgery.selectEngine', installTensorFlowEngine: 'modelSurgery.installTensorFlowEngine', removeKeptOutputs: 'modelSurgery.removeKeptOutputs', showLog: 'modelSurgery.showLog',
} as const;

export const viewIds = { layers: 'modelSurgery.layers', plan: 'modelSurgery.plan', runs: 'modelSurgery.runs' } as const;
export const panelIds = {
  training: 'modelSurgery.training', weights: 'modelSurgery.weights', verdict: 'modelSurgery.verdict', difference: 'modelSurgery.difference',
} as const;
/** `.keras` opens in the first by itself; HDF5 files may hold anything and `model.json` is a text, so the second is offered under "Open With". */
export const editorIds = { model: 'modelSurgery.model', hdf5: 'modelSurgery.modelHdf5' } as const;
export const containerId = 'modelSurgery';
export const contextKeys = { hasModel: 'modelSurgery.hasModel', hasPlan: 'modelSurgery.hasPlan', training: 'modelSurgery.training', canResume: 'modelSurgery.canResume', judging: 'modelSurgery.judging' } as const;
export const settingIds = { engine: 'modelSurgery.engine', featureMemory: 'modelSurgery.featureMemory', featureDisk: 'modelSurgery.featureDisk' } as const;
