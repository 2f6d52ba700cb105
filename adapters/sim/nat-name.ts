/**
 * The grammar of NAT names: a flavour and any number of `+modifiers`, as in `port-restricted+linux-open+cgn`. It says which
 * names there are and which make sense, for the simulator and the kernel lab alike; what they do is said elsewhere.
 */

/** The flavours of which every pair is played: those that decide whether two homes can meet. */
export const NAT_FLAVOURS = ['open', 'full-cone', 'restricted', 'port-restricted', 'symmetric', 'symmetric-seq', 'udp-blocked'] as const;

/** Flavours that a NAT check must tell from those, and that add nothing to the pairs. */
export const OTHER_NAT_FLAVOURS = ['symmetric-addr', 'symmetric-open', 'firewall'] as const;

/** What may follow, each after a `+`. */
export const NAT_MODIFIERS = [
  'rst',
  'linux-open',
  'hairpin',
  'noise=<per second>',
  'randport',
  'block=<ports>',
  'step=<n>',
  'lifetime=<seconds>',
  'icmp-errors',
  'no-icmp',
  'cgn',
] as const;

export type NatFlavour = (typeof NAT_FLAVOURS)[number] | (typeof OTHER_NAT_FLAVOURS)[number];

/** A name taken apart. */
export interface NatName {
  readonly flavour: NatFlavour;
  /** An unsolicited SYN gets a RST. */
  readonly rst: boolean;
  /** The early-probe clash of a Linux whose INPUT accepts. */
  readonly linuxOpen: boolean;
  readonly hairpin: boolean;
  /** A cone that does not preserve ports. */
  readonly randport: boolean;
  /** ICMP errors from inside leave under the NAT's address, whatever they are about. */
  readonly icmpErrors: boolean;
  /** ICMP does not pass, either way. */
  readonly noIcmp: boolean;
  /** A carrier NAT above. */
  readonly cgn: boolean;
  /** New flows of others per second. */
  readonly noise: number;
  /** From one port of `symmetric-seq` to the next. */
  readonly step: number;
  /** The ports of each inside host, when it has a block of its own. */
  readonly block: number | undefined;
  /** How many seconds a UDP mapping lives without traffic, when that is said. */
  readonly lifetime: number | undefined;
}

/** A name that means no NAT. The message says why, on one line. */
export class UnknownNat extends Error {
  override readonly name = 'UnknownNat';
  readonly given: string;

  constructor(given: string, why: string) {
    super(`unknown NAT '${given}': ${why}`);
    this.given = given;
  }
}

/** Takes a name apart. Throws `UnknownNat`. */
export function parseNatName(given: string): NatName {
  const [first = '', ...rest] = given.split('+');
  const flavour = ALL_FLAVOURS.find((one) => one === first);
  if (flavour === undefined) throw new UnknownNat(given, `no flavour '${first}'. ${VOCABULARY}`);
  const values = new Map<Modifier, number>();
  for (const text of rest) {
    const [modifier, value] = parseModifier(text, given);
    if (values.has(modifier)) throw new UnknownNat(given, `'+${modifier}' is said twice`);
    const why = objection(flavour, modifier) ?? conflict(modifier, values);
    if (why !== undefined) throw new UnknownNat(given, why);
    values.set(modifier, value);
  }
  return {
    flavour,
    rst: values.has('rst'),
    linuxOpen: values.has('linux-open'),
    hairpin: values.has('hairpin'),
    randport: values.has('randport'),
    icmpErrors: values.has('icmp-errors'),
    noIcmp: values.has('no-icmp'),
    cgn: values.has('cgn'),
    noise: values.get('noise') ?? 0,
    step: values.get('step') ?? 1,
    block: values.get('block'),
    lifetime: values.get('lifetime'),
  };
}

/** Whether everybody outside sees a socket under one port. */
export function isCone(flavour: NatFlavour): boolean {
  return flavour === 'full-cone' || flavour === 'restricted' || flavour === 'port-restricted' || flavour === 'udp-blocked';
}

const ALL_FLAVOURS: readonly NatFlavour[] = [...NAT_FLAVOURS, ...OTHER_NAT_FLAVOURS];
const VOCABULARY = `Flavours: ${ALL_FLAVOURS.join(', ')}. Modifiers: ${NAT_MODIFIERS.map((modifier) => `+${modifier}`).join(' ')}`;

const PLAIN = ['rst', 'linux-open', 'hairpin', 'randport', 'icmp-errors', 'no-icmp', 'cgn'] as const;

/** Modifiers with a number: how it is written, and from where to where it makes sense. All bounds are guesses that fit real devices. */
const NUMBERS = {
  noise: { form: /^\d+(?:\.\d+)?$/, least: 0, most: 10_000, words: 'a number of flows per second, 0 to 10000' },
  block: { form: /^\d+$/, least: 2, most: 8192, words: 'a whole number of ports, 2 to 8192' },
  step: { form: /^-?\d+$/, least: -512, most: 512, words: 'a whole number, -512 to 512 and not 0' },
  lifetime: { form: /^\d+$/, least: 1, most: 86_400, words: 'a whole number of seconds, 1 to 86400' },
} as const;

type Modifier = (typeof PLAIN)[number] | keyof typeof NUMBERS;

function parseModifier(text: string, given: string): readonly [Modifier, number] {
  const plain = PLAIN.find((one) => one === text);
  if (plain !== undefined) return [plain, 1];
  const [word = '', value = ''] = text.split(/=(.*)/s);
  if (!isNumbered(word)) throw new UnknownNat(given, `no modifier '+${text}'. ${VOCABULARY}`);
  const { form, least, most, words } = NUMBERS[word];
  const number = Number(value);
  const fits = form.test(value) && number >= least && number <= most && !(word === 'step' && number === 0);
  if (!fits) throw new UnknownNat(given, `'+${word}=' takes ${words}`);
  return [word, number];
}

function isNumbered(word: string): word is keyof typeof NUMBERS {
  return Object.hasOwn(NUMBERS, word);
}

/** Why a flavour cannot have a modifier. */
function objection(flavour: NatFlavour, modifier: Modifier): string | undefined {
  if (flavour === 'open') return `'open' has no NAT that could be '+${modifier}'`;
  if (flavour === 'firewall' && modifier !== 'rst' && modifier !== 'lifetime' && modifier !== 'no-icmp') return `'firewall' translates nothing, so it cannot be '+${modifier}'`;
  if (flavour === 'udp-blocked' && (modifier === 'noise' || modifier === 'lifetime')) return `'+${modifier}' is about UDP, which 'udp-blocked' drops`;
  switch (modifier) {
    case 'randport':
      return isCone(flavour) ? undefined : `'+randport' is for cones; a symmetric NAT chooses its ports already`;
    case 'block':
      return flavour === 'symmetric-seq' ? `'+block' draws ports at random; 'symmetric-seq' counts` : undefined;
    case 'step':
      return flavour === 'symmetric-seq' ? undefined : `'+step' is for 'symmetric-seq', which counts`;
    case 'linux-open':
      return flavour === 'symmetric-addr' ? `'+linux-open' moves a port to another; 'symmetric-addr' keeps one for each address` : undefined;
    default:
      return undefined;
  }
}

/** Why a modifier cannot stand beside those before it. */
function conflict(modifier: Modifier, others: ReadonlyMap<Modifier, number>): string | undefined {
  const among = (...words: Modifier[]): boolean => words.includes(modifier) && words.some((word) => others.has(word));
  if (among('icmp-errors', 'no-icmp')) return `'+icmp-errors' lets errors out, and '+no-icmp' nothing`;
  if (among('randport', 'block')) return `'+randport' and '+block' each say how ports are chosen`;
  if (among('linux-open', 'randport')) return `'+linux-open' is what a NAT that preserves ports does, and '+randport' does not`;
  if (among('linux-open', 'block')) return `'+linux-open' is what a NAT that preserves ports does, and '+block' does not`;
  return undefined;
}
