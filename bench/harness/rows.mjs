// Results: a row for each figure that is compared.

/**
 * @typedef {{ median: number, min: number, max: number }} Spread
 * @typedef {object} Row
 * @property {string} subject
 * @property {string} case
 * @property {string} metric
 * @property {string} unit
 * @property {Spread} ours
 * @property {string} [reference] what ours is compared with
 * @property {Spread} [referenceValue]
 * @property {Spread} [ratio] ours to the reference, round by round
 * @property {{ most?: number, least?: number, of: 'ratio' | 'difference' | 'ours', reached: boolean }} [target] reached
 *   by the median
 */

/** @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * @param {{ subject: string, case: string, metric: string, unit: string, ours: number[], reference?: string,
 *   referenceValues?: number[], target?: { most?: number, least?: number, of: 'ratio' | 'difference' | 'ours' } }} figure
 *   values by round
 * @returns {Row}
 */
export function row({ ours, reference, referenceValues, target, ...about }) {
  const result = { ...about, ours: spread(ours) };
  if (referenceValues) {
    result.reference = reference;
    result.referenceValue = spread(referenceValues);
    const ratios = ours.map((value, round) => value / referenceValues[round]).filter(Number.isFinite);
    if (ratios.length > 0) result.ratio = spread(ratios);
  }
  if (target) result.target = { ...target, reached: isReached(target, ours, referenceValues, result) };
  return result;
}

function isReached(
  { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY, of },
  ours,
  others,
  result,
) {
  const differences = () => ours.map((value, round) => value - others[round]);
  const value = {
    ours: () => result.ours.median,
    ratio: () => result.ratio?.median,
    difference: () => spread(differences()).median,
  }[of]();
  return value !== undefined && value <= most && value >= least;
}
