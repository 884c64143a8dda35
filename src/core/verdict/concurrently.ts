/**
 * Works on items in their order, so many at a time. After a failure no further one is begun; what is on its way is waited for, then
 * the first failure is thrown.
 */
export async function concurrently<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      await work(items[next++]).catch((thrown: unknown) => void failures.push(thrown));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) throw failures[0];
}
