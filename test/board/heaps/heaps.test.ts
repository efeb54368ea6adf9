/** The heaps of a recent kernel. One file, so that the library loads once. */
import { listHeaps } from 'dmaflow';
import { expectNothingLeft } from '../../support/board/left-behind';
import { comingsAndGoings } from './topics/comings-and-goings';
import { confidentialHeap } from './topics/confidential';
import { heapConformance } from './topics/conformance';
import { installedPackage } from './topics/installed-package';
import { sameProgram } from './topics/same-program';

afterEach(expectNothingLeft);

it('lists the default CMA region once, with its older name', () => {
  expect(listHeaps()).toMatchObject([
    { name: 'default_cma_region', kind: 'contiguous', aliases: ['reserved'] },
    { name: 'system', kind: 'system', aliases: [] },
  ]);
});

describe('the program of every board', () =>
  sameProgram(/^heap +default_cma_region\b.*: contiguous memory, the kernel's default CMA region$/m));
describe('the package, installed without scripts,', installedPackage);
describe('conformance', heapConformance);
describe('comings and goings', () => comingsAndGoings(['default_cma_region', 'reserved']));
describe('system_cc_shared', confidentialHeap);
