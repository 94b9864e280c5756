/** How a figure of a run is told. */
export interface Figure {
  readonly label: string;
  readonly text: (value: number) => string;
  /** Whether more of it is better. Default: less is. */
  readonly isGain?: true;
}

const plain = (digits: number) => (value: number) =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const kib = (value: number) => `${(value / 1024).toFixed(1)} kB`;
const mib = (value: number) => `${(value / 1024 / 1024).toFixed(0)} MB`;

/** All figures that runs can have, in the order in which tables show them. */
export const figures: Readonly<Record<string, Figure>> = {
  rooms: { label: 'rooms', text: plain(0) },
  deliveriesPerSecond: { label: 'deliveries/s', text: plain(0), isGain: true },
  cpuPerDelivery: { label: 'µs CPU each', text: plain(2) },
  storeCpuPerDelivery: { label: 'µs CPU of Redis each', text: plain(2) },
  deliveriesPerCpuSecond: { label: 'deliveries per CPU s of the busiest', text: plain(0), isGain: true },
  load: { label: 'CPU', text: percent },
  delivered: { label: 'of those sent', text: percent },
  p50: { label: 'p50 ms', text: plain(1) },
  p95: { label: 'p95 ms', text: plain(1) },
  p99: { label: 'p99 ms', text: plain(1) },
  max: { label: 'max ms', text: plain(0) },
  acknowledged: { label: 'acknowledged', text: percent },
  ackP50: { label: 'ack p50 ms', text: plain(1) },
  ackP99: { label: 'ack p99 ms', text: plain(1) },
  bytesPerDelivery: { label: 'bytes each', text: plain(0) },
  cpuPerArrival: { label: 'µs CPU an arrival', text: plain(0) },
  arrivalsPerSecond: { label: 'arrivals/s', text: plain(0), isGain: true },
  cpuPerReturn: { label: 'µs CPU a return', text: plain(0) },
  returnsPerSecond: { label: 'returns/s', text: plain(0), isGain: true },
  returningP99: { label: 'return p99 ms', text: plain(0) },
  cpuPerJoin: { label: 'µs CPU a join', text: plain(0) },
  joinsPerSecond: { label: 'joins/s', text: plain(0), isGain: true },
  scenes: { label: 'scenes', text: plain(0) },
  sceneBytes: { label: 'scene', text: kib },
  enteringP50: { label: 'join p50 ms', text: plain(0) },
  enteringP99: { label: 'join p99 ms', text: plain(0) },
  bytesPerConnection: { label: 'memory each', text: kib },
  connections: { label: 'connections', text: plain(0) },
  idleCpu: { label: 'µs CPU/s each', text: plain(2) },
  memoryBytes: { label: 'memory', text: mib },
  lostLast: { label: 'last ones missing', text: plain(0) },
};
