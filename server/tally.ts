import { Counter, type Registry } from 'prom-client';

/** Counts on the way of every message: in a plain number, which Prometheus is shown when it asks. */
export class Tally {
  count = 0;

  inc(by = 1): void {
    this.count += by;
  }
}

/** Tallies by the value of a label. */
export class Tallies {
  readonly #byValue = new Map<string, Tally>();

  labels(value: string): Tally {
    let tally = this.#byValue.get(value);
    if (tally === undefined) {
      tally = new Tally();
      this.#byValue.set(value, tally);
    }
    return tally;
  }

  entries(): Iterable<[value: string, tally: Tally]> {
    return this.#byValue.entries();
  }
}

interface Description {
  name: string;
  help: string;
  registers: Registry[];
}

export function tally(description: Description): Tally {
  const counted = new Tally();
  new Counter({
    ...description,
    collect() {
      this.reset();
      this.inc(counted.count);
    },
  });
  return counted;
}

export function talliesBy(labelName: string, description: Description): Tallies {
  const counted = new Tallies();
  new Counter({
    ...description,
    labelNames: [labelName],
    collect() {
      this.reset();
      for (const [value, { count }] of counted.entries()) this.inc({ [labelName]: value }, count);
    },
  });
  return counted;
}
