/** What the documents tell people to type, typed on the board. */
import { rmSync } from 'node:fs';
import { expectNothingLeft } from '../../support/board/left-behind';
import { Program } from '../../support/board/program';
import { onBoard, userFolder } from '../../support/docs/board-commands';
import { commandsOf, different, missingLines, outputsOf, trialOf } from '../../support/docs/commands';
import { at, readDocuments } from '../../support/docs/documents';

const documents = readDocuments();
const commands = different(documents.flatMap(commandsOf));
const outputs = documents.flatMap(outputsOf);
const folder = userFolder(documents);

afterEach(expectNothingLeft);
afterAll(() => rmSync(folder, { recursive: true }));

/** In a shell, which is replaced by the command: a signal then reaches the program itself. */
function run(text: string, directory: string): Program {
  return new Program('sh', ['-c', `cd '${directory}' && ${text}`]);
}

const ofTrial = (trial: string) =>
  commands
    .filter((command) => trialOf(command) === trial)
    .map((command) => ({ ...command, place: at(command), typed: onBoard(command, folder) }))
    .filter(({ typed }, index, all) => all.findIndex((each) => each.typed.text === typed.text) === index);

describe('commands', () => {
  it.each(ofTrial('board'))('$text ($place)', async ({ text, typed }) => {
    await using program = run(typed.text, typed.folder);
    const { status } = await program.ended;
    if (status !== 0) throw new Error(`exit status ${status}:\n${program.stdout}${program.stderr}`);
    const shown = outputs.find((output) => output.command.text === text)?.text;
    if (shown !== undefined) expect(missingLines(shown, program.stdout)).toEqual([]);
  });
});

describe('programs', () => {
  it.each(ofTrial('program'))('$text ($place) shows frames until Ctrl-C', async ({ text }) => {
    await using program = run(`exec ${text}`, folder);
    await program.says(/\b[1-9]\d* shown/);
    program.kill('SIGINT');
    expect({ ...(await program.ended), stderr: program.stderr }).toEqual({
      status: 0,
      signal: null,
      stderr: '',
    });
  });
});
