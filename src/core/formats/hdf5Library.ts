// The package exports only one instance for a process, made at import; its factory makes more.
import createLibrary from '../../../node_modules/h5wasm/dist/esm/hdf5_util.js';
import type { ready } from 'h5wasm';

/** The HDF5 library in WebAssembly, with memory and a file system of its own. */
export type Hdf5Library = Awaited<typeof ready>;

let current: Promise<Hdf5Library> | undefined;

/** The one in use; made when first asked for, which takes some 50 ms. */
export function hdf5Library(): Promise<Hdf5Library> {
  current ??= createLibrary({ noInitialRun: true }).then((library) => {
    library.activate_throwing_error_handler();
    return library;
  });
  return current;
}

/** A damaged file can leave the library's memory damaged, unseen: whoever opens the next file gets another library. */
export function discardHdf5Library(): void {
  current = undefined;
}
