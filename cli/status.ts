/** Status lines on stderr, for people or as NDJSON. stdout stays free for results and for the tunnel's bytes. */

/** `message` is for people; the other fields are for scripts. */
export interface Status {
  readonly status: string;
  readonly message: string;
  readonly [field: string]: string | number;
}

/** Says each thing once: a status that only repeats the one before is dropped. */
export function statusWriter(json: boolean): (status: Status) => void {
  let last = '';
  return (status) => {
    const line = json ? JSON.stringify(status) : status.message;
    if (line === last) return;
    last = line;
    process.stderr.write(`${line}\n`);
  };
}
