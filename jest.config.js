// Tests on this machine. In the emulated board, where this file is read too, the tests of one boot.
const { boardConfig } = require('./test/support/board-config');
const { swcOptions } = require('./test/support/swc-options');

const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '\\.(ts|mjs)$': ['@swc/jest', swcOptions] },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  moduleNameMapper: {
    '^dmaflow$': '<rootDir>/src/index.ts',
    '^dmaflow/testing$': '<rootDir>/src/testing/index.ts',
  },
};

const layer = (name) => ({
  ...common,
  displayName: name,
  roots: ['<rootDir>/src', `<rootDir>/test/${name}`, '<rootDir>/test/support'],
  testMatch: [`<rootDir>/test/${name}/**/*.test.{ts,js}`],
});

module.exports =
  process.env.DMAFLOW_BOARD === '1'
    ? boardConfig(__dirname, process.env.DMAFLOW_BOOT)
    : {
        // For what hangs: a machine that does other things too is no failure.
        testTimeout: 300_000,
        projects: [
          layer('unit'),
          layer('contract'),
          layer('prebuilt'),
          layer('gstreamer'),
          layer('docs'),
          {
            ...layer('package'),
            globalSetup: './test/package/support/pack.ts',
            globalTeardown: './test/package/support/clear.ts',
          },
        ],
        reporters: ['<rootDir>/test/support/reporter.js'],
      };
