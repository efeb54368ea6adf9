/** However a program or a device ends, nothing is left behind and the next run starts. One file: the library loads once. */
import { expectNothingLeft } from '../../support/board/left-behind';
import { devicesThatGo } from './topics/devices-that-go';
import { endsOfPipelines } from './topics/ends-of-pipelines';
import { endsOfPrograms } from './topics/ends-of-programs';
import { liveBuffers } from './topics/live-buffers';
import { repeats } from './topics/repeats';
import { twoAtOnce } from './topics/two-at-once';

beforeAll(expectNothingLeft);
afterEach(expectNothingLeft);

describe('a pipeline ends', endsOfPipelines);
describe('a program ends', endsOfPrograms);
describe('a device', devicesThatGo);
describe('live buffers', liveBuffers);
describe('two at once', twoAtOnce);
describe('again and again', repeats);
