/**
 * What a NAT remembers: mappings (inside endpoint to external endpoint) and, under each, one row for every remote that its
 * filtering tells apart. A mapping lives as long as one of its rows. Knows lifetimes and limits; sees no packet, sets no timer.
 */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { Expiry, NatBehaviour, TableLimit } from './behaviour.ts';
import { Session, type TcpTracking } from './nat-session.ts';
import type { Protocol } from './packet.ts';
import type { Row } from './sighting.ts';
import type { Segment } from './tcp-segment.ts';

export class Mapping {
  readonly protocol: Protocol;
  readonly key: string;
  readonly inside: Endpoint;
  readonly external: Endpoint;
  /** Of its external side: no two mappings have the same. */
  readonly name: string;
  /** By the key of the remote. */
  readonly rows = new Map<string, TableRow>();

  constructor(protocol: Protocol, key: string, inside: Endpoint, external: Endpoint, name: string = nameOf(protocol, external)) {
    this.protocol = protocol;
    this.key = key;
    this.inside = inside;
    this.external = external;
    this.name = name;
  }
}

export class TableRow implements Row {
  readonly mapping: Mapping;
  readonly remote: string;
  readonly createdAt: number;
  /** TCP's. */
  readonly session: Session | undefined;
  expiresAt: number;
  replied = false;

  constructor(mapping: Mapping, remote: string, now: number, lifetimeMs: number, session?: Session) {
    this.mapping = mapping;
    this.remote = remote;
    this.createdAt = now;
    this.expiresAt = now + lifetimeMs;
    this.session = session;
  }

  get protocol(): Protocol {
    return this.mapping.protocol;
  }

  get inside(): Endpoint {
    return this.mapping.inside;
  }

  get external(): Endpoint {
    return this.mapping.external;
  }
}

/** Told of every row that comes and goes, and of one that will be remembered for less long than was said. */
export type RowReport = (change: RowChange, row: TableRow) => void;

export type RowChange = 'added' | 'expired' | 'evicted' | 'closing' | 'closed';

/** The name of an external endpoint: each protocol has ports of its own, or identifiers. */
export function nameOf(protocol: Protocol, endpoint: Endpoint): string {
  return protocol === 'udp' ? formatEndpoint(endpoint) : `${protocol} ${formatEndpoint(endpoint)}`;
}

export class Table {
  readonly #expiry: Readonly<Record<'udp' | 'icmp', Expiry>>;
  readonly #tracking: TcpTracking;
  readonly #limit: TableLimit;
  /** Several remotes may have a row in common. */
  readonly #isShared: boolean;
  readonly #report: RowReport;
  readonly #byKey = new Map<string, Mapping>();
  readonly #byExternal = new Map<string, Mapping>();
  /** In order of creation. */
  readonly #rows = new Set<TableRow>();
  /** No row expires before this. */
  #quietUntil = Infinity;

  constructor({ expiry, icmp, tcp, table, filtering }: NatBehaviour, report: RowReport) {
    this.#expiry = { udp: expiry, icmp: { unrepliedMs: icmp.lifetimeMs, repliedMs: icmp.lifetimeMs, streamAfterMs: 0, inboundRefresh: true } };
    this.#tracking = tcp;
    this.#limit = table;
    this.#isShared = filtering !== 'address-and-port-dependent';
    this.#report = report;
  }

  /** The living mapping under this key. */
  find(key: string, now: number): Mapping | undefined {
    return this.#alive(this.#byKey.get(key), now);
  }

  /** The living mapping that has this external endpoint, as `nameOf` names it. */
  owner(external: string, now: number): Mapping | undefined {
    return this.#alive(this.#byExternal.get(external), now);
  }

  /** Enters a mapping without rows; it counts once `outbound` has opened one. */
  add(mapping: Mapping): void {
    this.#byKey.set(mapping.key, mapping);
    this.#byExternal.set(mapping.name, mapping);
  }

  /** Opens or refreshes the row for `remote`; false when the table is full and refuses. `segment` is TCP's, and which way it goes. */
  outbound(mapping: Mapping, remote: string, now: number, segment?: Segment, way: 'out' | 'in' = 'out'): boolean {
    const row = this.row(mapping, remote, now);
    if (row !== undefined) {
      if (segment === undefined) this.#refresh(row, now);
      else this.#follow(row, segment, way, now);
      return true;
    }
    if (!this.#room(now)) {
      if (mapping.rows.size === 0) this.#forget(mapping);
      return false;
    }
    const session = segment && new Session(this.#tracking, this.#isShared);
    if (segment !== undefined) session?.passes(segment, way);
    const added = new TableRow(mapping, remote, now, session?.lifetimeMs ?? this.#expiryOf(mapping).unrepliedMs, session);
    // Making room may have ended this very mapping.
    if (mapping.rows.size === 0) this.add(mapping);
    mapping.rows.set(remote, added);
    this.#rows.add(added);
    if (added.expiresAt < this.#quietUntil) this.#quietUntil = added.expiresAt;
    this.#report('added', added);
    return true;
  }

  /** Notes a packet from outside on `row`. */
  inbound(row: TableRow, now: number, segment?: Segment): void {
    if (segment !== undefined) this.#follow(row, segment, 'in', now);
    else if (this.#expiryOf(row.mapping).inboundRefresh) this.#refresh(row, now);
    row.replied = true;
  }

  /** Forgets a row whose session is over. */
  end(row: TableRow): void {
    this.#remove(row, 'closed');
  }

  /** The living row of `mapping` for `remote`. */
  row(mapping: Mapping, remote: string, now: number): TableRow | undefined {
    const row = mapping.rows.get(remote);
    if (row === undefined || row.expiresAt > now) return row;
    this.#remove(row, 'expired');
    return undefined;
  }

  /** Whether `row` is still remembered; one that is past its time is forgotten by being asked for. */
  holds(row: TableRow, now: number): boolean {
    if (!this.#rows.has(row)) return false;
    if (row.expiresAt > now) return true;
    this.#remove(row, 'expired');
    return false;
  }

  /** Forgets everything; each row is reported as evicted. */
  clear(): void {
    for (const row of this.#rows) this.#report('evicted', row);
    this.#byKey.clear();
    this.#byExternal.clear();
    this.#rows.clear();
    this.#quietUntil = Infinity;
  }

  rows(now: number): TableRow[] {
    this.#purge(now);
    return [...this.#rows];
  }

  #alive(mapping: Mapping | undefined, now: number): Mapping | undefined {
    if (mapping === undefined || now < this.#quietUntil) return mapping;
    for (const row of mapping.rows.values()) {
      if (row.expiresAt > now) return mapping;
      this.#remove(row, 'expired');
    }
    return undefined;
  }

  #expiryOf({ protocol }: Mapping): Expiry {
    return this.#expiry[protocol === 'icmp' ? 'icmp' : 'udp'];
  }

  #refresh(row: TableRow, now: number): void {
    const { unrepliedMs, repliedMs, streamAfterMs } = this.#expiryOf(row.mapping);
    const stream = row.replied && now - row.createdAt >= streamAfterMs;
    const expiresAt = now + (stream ? repliedMs : unrepliedMs);
    if (expiresAt > row.expiresAt) row.expiresAt = expiresAt;
  }

  #follow(row: TableRow, segment: Segment, way: 'out' | 'in', now: number): void {
    if (row.session?.passes(segment, way) !== true) return this.end(row);
    const expiresAt = now + row.session.lifetimeMs;
    const isSooner = expiresAt < row.expiresAt;
    row.expiresAt = expiresAt;
    if (expiresAt < this.#quietUntil) this.#quietUntil = expiresAt;
    if (isSooner) this.#report('closing', row);
  }

  #room(now: number): boolean {
    if (this.#rows.size < this.#limit.size) return true;
    this.#purge(now);
    if (this.#rows.size < this.#limit.size) return true;
    const oldest = this.#rows.values().next().value;
    if (this.#limit.eviction === 'refuse' || oldest === undefined) return false;
    this.#remove(oldest, 'evicted');
    return true;
  }

  #purge(now: number): void {
    if (now < this.#quietUntil) return;
    this.#quietUntil = Infinity;
    for (const row of this.#rows) {
      if (row.expiresAt <= now) this.#remove(row, 'expired');
      else if (row.expiresAt < this.#quietUntil) this.#quietUntil = row.expiresAt;
    }
  }

  #remove(row: TableRow, change: RowChange): void {
    this.#rows.delete(row);
    row.mapping.rows.delete(row.remote);
    if (row.mapping.rows.size === 0) this.#forget(row.mapping);
    this.#report(change, row);
  }

  #forget(mapping: Mapping): void {
    if (this.#byKey.get(mapping.key) === mapping) this.#byKey.delete(mapping.key);
    if (this.#byExternal.get(mapping.name) === mapping) this.#byExternal.delete(mapping.name);
  }
}
