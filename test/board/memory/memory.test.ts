/** Where buffers come from when devices are asked, refuse, or memory is short. One file, so that the library loads once. */
import { expectNothingLeft } from '../../support/board/left-behind';
import { autoMemory } from './topics/auto';
import { captureSteps } from './topics/capture-steps';
import { cpuAccesses } from './topics/cpu-access';
import { dataOffsets } from './topics/data-offset';
import { fences } from './topics/fences';
import { laps } from './topics/laps';
import { renegotiation } from './topics/renegotiation';
import { shortage } from './topics/shortage';
import { workerStages } from './topics/worker-stages';

/** strace makes a program slow, and a busy host the board. */
jest.setTimeout(1_200_000);

afterEach(expectNothingLeft);

describe("memory: 'auto'", autoMemory);
describe('the import ladder', captureSteps);
describe("V4L2's data_offset", dataOffsets);
describe('worker stages', workerStages);
describe('CPU accesses', cpuAccesses);
describe('fences', fences);
describe('laps of the buffers', laps);
describe('renegotiation', renegotiation);
describe('a shortage', shortage);
