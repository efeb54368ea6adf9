import { createRequire } from 'node:module';
import * as namespace from 'dmaflow';
import { FakeKernel } from 'dmaflow/testing';

const required = createRequire(import.meta.url)('dmaflow');
const imported = { ...namespace };
const sameClasses = Object.keys(required).every((name) => required[name] === imported[name]);
const { kernel } = FakeKernel.board();
let thrown;
try {
  kernel.open('/dev/nowhere', { access: 'read' });
} catch (error) {
  thrown = error;
}
console.log(sameClasses && imported.Pipeline !== undefined, thrown instanceof required.KernelError);
