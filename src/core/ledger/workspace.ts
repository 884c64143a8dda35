/** Environment variable with the folders that an editor has open, separated as in PATH: a test set counts in all of them. */
export const workspaceVariable = 'MODEL_SURGERY_WORKSPACE';
