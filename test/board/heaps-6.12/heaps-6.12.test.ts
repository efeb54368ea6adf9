/** Linux 6.12: the default CMA region has only the name that the platform gives it. */
import { listHeaps } from 'dmaflow';
import { expectNothingLeft } from '../../support/board/left-behind';
import { comingsAndGoings } from '../heaps/topics/comings-and-goings';
import { heapConformance } from '../heaps/topics/conformance';
import { sameProgram } from '../heaps/topics/same-program';

afterEach(expectNothingLeft);

it('lists the region under its older name', () => {
  expect(listHeaps()).toMatchObject([
    { name: 'reserved', kind: 'contiguous', aliases: [] },
    { name: 'system', kind: 'system', aliases: [] },
  ]);
});

describe('the program of every board', () =>
  sameProgram(/^heap +reserved\b.*: contiguous memory, the CMA region under its older name 'reserved'$/m));
describe('conformance', heapConformance);
describe('comings and goings', () => comingsAndGoings(['reserved']));
