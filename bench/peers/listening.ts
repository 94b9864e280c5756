/** Tells the bench where a peer listens. */
export function listening(port: number): void {
  console.log(JSON.stringify({ msg: 'listening', port }));
}
