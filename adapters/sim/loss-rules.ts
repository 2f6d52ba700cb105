/** Losses by order: `a -> b` loses the next so many packets that a sends toward b, after a's NATs and before b's. */
import type { Packet } from './packet.ts';
import type { Site } from './topology.ts';

export class LossRules {
  readonly #sites: ReadonlyMap<string, Site>;
  #rules: Rule[] = [];

  constructor(sites: ReadonlyMap<string, Site>) {
    this.#sites = sites;
  }

  /** Adds a rule `from -> to`. Throws on names that are no hosts. */
  add(direction: string, count: number): void {
    const [from = '', to = ''] = direction.split('->').map((name) => name.trim());
    const sender = this.#sites.get(from);
    const target = this.#sites.get(to);
    if (sender === undefined || target === undefined) {
      throw new Error(`no direction '${direction}': hosts are ${[...this.#sites.keys()].join(', ')}, as in 'a -> b'`);
    }
    this.#rules.push({ from, link: sender.accessName, to: target.reachedBy, left: count });
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** The link that loses this packet, if any; the rule is then one shorter. */
  take(packet: Packet): string | undefined {
    const rule = this.#rules.find(({ from, to }) => from === packet.host && to.has(packet.dst.host));
    if (rule === undefined) return undefined;
    rule.left -= 1;
    if (rule.left <= 0) this.#rules = this.#rules.filter((other) => other !== rule);
    return rule.link;
  }
}

interface Rule {
  readonly from: string;
  readonly link: string;
  readonly to: ReadonlySet<string>;
  left: number;
}
