/** The library where node-gtk is not installed. Prints what a use of GStreamer says, and whether anything of it was loaded. */
import { readFileSync } from 'node:fs';
import Module from 'node:module';

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

const resolver = Module as unknown as Resolver;
const resolve = resolver._resolveFilename;
resolver._resolveFilename = (request, ...rest) => {
  if (request === 'node-gtk') throw new Error("Cannot find module 'node-gtk'\nRequire stack: …");
  return resolve.call(resolver, request, ...rest);
};

const { GstPipeline, loadKernel } = require('../../../src') as typeof import('../../../src');
loadKernel();
const loaded = readFileSync('/proc/self/maps', 'utf8').includes('libgstreamer');
try {
  GstPipeline.parse('fakesrc ! fakesink');
} catch (error) {
  const { name, message } = error as Error;
  console.log(JSON.stringify({ name, message, loaded }));
}
