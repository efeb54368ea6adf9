// How tests are compiled, by jest on this machine and by scripts/test/compile.mjs for the board: as tsc compiles the
// library.
const swcOptions = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022', keepClassNames: true },
  // import() stays as it is: what it loads may be an ES module.
  module: { type: 'commonjs', ignoreDynamic: true },
  sourceMaps: true,
};

module.exports = { swcOptions };
