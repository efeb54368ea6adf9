/** The same program on every board: which name the heap has there is no concern of its own. */
import { figuresOf, sample } from '../../../support/board/program';

/** @param heap how explain() names the heap, with the reason */
export function sameProgram(heap: RegExp): void {
  it('shows the camera, and says which heap and why', async () => {
    await using program = sample(
      'camera-to-display',
      ...['--driver', 'vivid', '--size', '640x480', '--frames', '10'],
    );
    const { status } = await program.ended;
    expect([status, status === 0 ? '' : program.stderr]).toEqual([0, '']);
    // A busy host makes the emulated board late; that is no matter of heaps.
    expect(figuresOf(program).shown).toBeGreaterThan(0);
    expect(program.stdout).toMatch(heap);
  });
}
