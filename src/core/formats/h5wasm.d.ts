declare module '*/h5wasm/dist/esm/hdf5_util.js' {
  import type { ready } from 'h5wasm';

  const createLibrary: (options: { readonly noInitialRun: boolean }) => typeof ready;
  export { createLibrary as default };
}
