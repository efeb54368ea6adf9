/** Where buffers come from when devices are asked, refuse, or memory is short. One file, so that the library loads once. */
import { expectNothingLeft } from '../../support/board/left-behind';
import { autoMemory } from './topics/auto';
import { captureSteps } from './topics/capture-steps';
import { dataOffsets } from './topics/data-offset';

afterEach(expectNothingLeft);

describe("memory: 'auto'", autoMemory);
describe('the import ladder', captureSteps);
describe("V4L2's data_offset", dataOffsets);
