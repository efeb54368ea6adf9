/**
 * Loads dmaflow, says `ready`, and runs the program that is named in its arguments when a line comes on stdin. So a tracer can be attached
 * after the start of node, which takes ten times as long under it, and before anything of interest.
 */
import 'dmaflow';

const [, , program = '', ...options] = process.argv;
process.stdin.once('data', () => {
  process.stdin.destroy();
  process.argv.splice(1, process.argv.length, program, ...options);
  require(program);
});
console.log('ready');
