/**
 * dist/library.js, the built library that its entries share: the code in dist/code.js, run from V8's code cache by Node, and required
 * like any other file where a bundler has put all into one, or a test runner has modules of its own.
 */
import { join } from 'node:path';
import { runCode } from './load';

/** What scripts/lib/bundle.mjs has put there. */
declare const BUILD: string;

// Bundlers have a `module` without a file.
const keep = module.filename ? runCode(module, require, join(__dirname, 'code.js'), BUILD) : undefined;
if (keep) module.exports.beforeFirstFrames(() => void keep());
else module.exports = require('./code.js');
