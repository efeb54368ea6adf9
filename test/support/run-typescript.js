// For programs of tests that run in a process of their own: `node -r ./test/support/run-typescript.js program.ts`.
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');
const { swcOptions } = require('./swc-options');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    ...swcOptions,
    filename,
    sourceMaps: false,
  });
  module._compile(code, filename);
};
