/** One line of the text format of Prometheus. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:\\.|[^"\\])*)"/g;

export function samplesIn(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const pairs = [...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text]);
    samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return samples;
}

/** Of all samples of a name, whatever their labels. */
export function sumOf(samples: readonly Sample[], name: string): number {
  return samples.filter((one) => one.name === name).reduce((sum, { value }) => sum + value, 0);
}

/** What each value of a label counts. */
export function byLabel(samples: readonly Sample[], name: string, label: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const one of samples) {
    const key = one.labels[label];
    if (one.name === name && key !== undefined) found.set(key, (found.get(key) ?? 0) + one.value);
  }
  return found;
}
