/** The library where node-gtk is not installed. Prints what a use of GStreamer says, and whether anything of it was loaded. */
import { readFileSync } from 'node:fs';
import { hideModule } from '../hide-module';

hideModule((request) => request === 'node-gtk');
const { GstPipeline, loadKernel } = require('../../../src') as typeof import('../../../src');
loadKernel();
const loaded = readFileSync('/proc/self/maps', 'utf8').includes('libgstreamer');
try {
  GstPipeline.parse('fakesrc ! fakesink');
} catch (error) {
  const { name, message } = error as Error;
  console.log(JSON.stringify({ name, message, loaded }));
}
