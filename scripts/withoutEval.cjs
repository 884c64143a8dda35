/**
 * webpack loader for zod's core, which makes parsers from text where the machine lets it and has a slower way
 * where not. Our bundles hold no code that makes code, so that way is taken always. Throws when zod has changed.
 */
const probe = 'const F = Function;';

module.exports = function withoutEval(source) {
  if (!source.includes(probe)) throw new Error(`${this.resourcePath} no longer says: ${probe}`);
  return source.replace(probe, "const F = class { constructor() { throw new Error('no code from text'); } };");
};
