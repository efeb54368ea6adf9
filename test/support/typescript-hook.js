// `node --require` this: programs that a test runs may then require the library's TypeScript.
const { transformFileSync } = require('@swc/core');
const { swcOptions } = require('./swc-options');

require.extensions['.ts'] = (module, filename) => {
  module._compile(transformFileSync(filename, { ...swcOptions, swcrc: false, filename }).code, filename);
};
