/**
 * Calls `work` whenever it is asked to, and never twice at a time: what was asked for meanwhile is one more call after it. So a page
 * may be told that there is more as often as it likes.
 */
export function refresher(work: () => Promise<void>): () => Promise<void> {
  let working = false;
  let again = false;
  return async () => {
    again = true;
    if (working) return;
    working = true;
    try {
      while (again) {
        again = false;
        await work();
      }
    } finally {
      working = false;
    }
  };
}
