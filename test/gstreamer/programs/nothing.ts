/** `dmaflow doctor --json` where neither addon is built and node-gtk is not installed. */
import fs from 'node:fs';
import { hideModule } from '../hide-module';

hideModule((request) => request === 'node-gtk');
const { existsSync } = fs;
fs.existsSync = (path) => !String(path).endsWith('.node') && existsSync(path);
process.argv = [...process.argv.slice(0, 2), 'doctor', '--json'];
require('../../../src/cli/main');
