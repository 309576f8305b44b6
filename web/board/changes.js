// What a person changed during a run: the learning rate, or the running statistics.

/** The value of a dial at the newest step, as last changed; undefined if it never was. */
export const latest = ({ interventions, step: now }, name) =>
  interventions.findLast((change) => change[name] !== undefined && change.step <= now)?.[name];

/** A change in a word or two, for the mark at its step. */
export function inShort({ lr, momentum, frozen, reset }) {
  if (lr !== undefined) return `lr ${lr}`;
  if (momentum !== undefined) return momentum === "cumulative" ? momentum : `momentum ${momentum}`;
  if (frozen !== undefined) return frozen ? "frozen" : "unfrozen";
  return reset ? "reset" : "";
}

/** All changes of a run, counted, in a sentence. */
export function whatChanged(interventions) {
  const times = (n) => ({ 1: "once", 2: "twice" }[n] ?? `${n} times`);
  const rates = interventions.filter(({ lr }) => lr !== undefined).length;
  const statistics = interventions.length - rates;
  if (!statistics) return `The learning rate was changed ${times(rates)} in this run.`;
  if (!rates) return `The running statistics were changed ${times(statistics)} in this run.`;
  return `In this run the learning rate was changed ${times(rates)}, the running statistics `
    + `${times(statistics)}.`;
}
