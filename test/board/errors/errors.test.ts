/** What goes wrong is said clearly: what was wrong, where, and what to do. One file, so that the library loads once. */
import { expectNothingLeft } from '../../support/board/left-behind';
import { cameraErrors } from './topics/camera';
import { commandLine } from './topics/command-line';
import { displayErrors } from './topics/display';
import { heapErrors } from './topics/heaps';
import { permissionErrors } from './topics/permissions';
import { startHere } from './topics/start';

afterEach(expectNothingLeft);

describe('camera', cameraErrors);
describe('display', displayErrors);
describe('heaps', heapErrors);
describe('permissions', permissionErrors);
describe('command line', commandLine);
describe('npm start -- --here', startHere);
