/** Whether the name of an arm can only be the file of another plan. */
export function namesPlan(name: string): boolean {
  return /\.json$/i.test(name);
}
