// jest in the emulated board. Compiling there would take minutes: the tests and the library come compiled from build/tests.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * @param {string} checkout
 * @param {string} boot folder of test/board
 */
function boardConfig(checkout, boot) {
  const compiled = join(checkout, 'build/tests/test');
  const library = join(checkout, 'build/tests/src');
  const folders = [join('board', boot), ...(bootSettings(checkout, boot).contract ? ['contract'] : [])];
  return {
    rootDir: checkout,
    roots: folders.map((folder) => join(compiled, folder)),
    testMatch: ['**/*.test.js'],
    testEnvironment: 'node',
    // For what hangs, as all limits here: a machine that does other things too is no failure.
    testTimeout: 600_000,
    transform: { '\\.js$': join(__dirname, 'precompiled.js') },
    moduleFileExtensions: ['js', 'json', 'node'],
    moduleNameMapper: {
      '^dmaflow$': join(library, 'index.js'),
      '^dmaflow/testing$': join(library, 'testing/index.js'),
      '^(?:\\.\\./)+src/(.*)$': join(library, '$1'),
    },
    cacheDirectory: '/tmp/jest',
    haste: { forceNodeFilesystemAPI: true },
    watchman: false,
    reporters: [[join(__dirname, 'reporter.js'), { everyTest: true }]],
  };
}

/** The folder's boot.json: how the machine is booted (scripts/test/boots.mjs), and `contract`. */
function bootSettings(checkout, boot) {
  const path = join(checkout, 'test/board', boot, 'boot.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

module.exports = { boardConfig };
