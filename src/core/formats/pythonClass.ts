/** Classes whose name in Python is not the one under which `keras.layers` has them; group names and `.h5` files use Python's. */
const others: Readonly<Record<string, string>> = { GroupQueryAttention: 'GroupedQueryAttention' };

export function pythonClass(className: string): string {
  return Object.hasOwn(others, className) ? others[className] : className;
}
