/**
 * Who gets in (RFC 4787 §5), from requests to be answered from elsewhere. Pure. Silence counts only where it can mean
 * nothing but a filter: the other source is alive, the server was seen to do as asked, and ordinary requests went well.
 */
import { type Endpoint, formatEndpoint } from '../../effects/endpoint.ts';
import type { Dependence } from '../reach.ts';
import type { Change, FilterSample, Samples } from './samples.ts';

export interface FilterFinding {
  readonly filtering: Dependence | null;
  /** Not everybody gets in, even where it is not known who does. */
  readonly keepsStrangersOut: boolean;
  readonly confidence: number;
  readonly because: string;
}

interface Finding {
  readonly passes: boolean | null;
  readonly confidence: number;
  readonly because: string;
}

export function filteringOf({ filters }: Pick<Samples, 'filters'>): FilterFinding {
  const findings = new Map(filters.map((sample) => [sample.change, find(sample)]));
  const [both, address, port] = (['both', 'address', 'port'] as const).map((change) => findings.get(change) ?? UNTESTED) as [Finding, Finding, Finding];
  // What keeps a known port of a strange address out keeps its other ports out too; who lets it in looks at no address.
  const stranger = both.passes === null && (address.passes === false || port.passes !== false) ? address : both;
  const because = (...of: readonly Finding[]): string => [...new Set(of.map((finding) => finding.because))].join('; ');

  if (stranger.passes === true) return { filtering: 'endpoint-independent', keepsStrangersOut: false, confidence: stranger.confidence, because: stranger.because };
  if (port.passes === false) {
    const odd = address.passes === true ? '; it lets other addresses in from the same port, which has no name' : '';
    const confidence = Math.min(port.confidence, stranger.passes === false ? stranger.confidence : 1);
    return { filtering: 'address-and-port-dependent', keepsStrangersOut: true, confidence, because: `${because(stranger, port)}${odd}` };
  }
  if (stranger.passes === false && port.passes === true) {
    return { filtering: 'address-dependent', keepsStrangersOut: true, confidence: stranger.confidence, because: because(stranger, port) };
  }
  return { filtering: null, keepsStrangersOut: stranger.passes === false, confidence: 0, because: because(stranger, port) };
}

const UNTESTED: Finding = { passes: null, confidence: 0, because: 'the server has no second address to answer from' };

const SOURCES: Readonly<Record<Change, string>> = { address: 'another address', port: 'another port', both: 'another address and port' };

function find({ change, server, expected, asked, answer, isAlive, isHonoured, loss }: FilterSample): Finding {
  const source = expected ? `${SOURCES[change]} (${formatEndpoint(expected)})` : SOURCES[change];
  const unknown = (because: string): Finding => ({ passes: null, confidence: 0, because });
  switch (answer) {
    case 'heard':
      return { passes: true, confidence: 1, because: `an answer from ${source} came in, though nothing was sent there` };
    case 'ignored':
      return unknown(`${formatEndpoint(server)} ignores CHANGE-REQUEST: it answers from the address that was asked`);
    case 'refused':
      return unknown(`${formatEndpoint(server)} refuses CHANGE-REQUEST`);
    case 'silent':
      return silent();
  }

  function silent(): Finding {
    if (!expected) return unknown(`${formatEndpoint(server)} names no other address (OTHER-ADDRESS), so its silence proves nothing`);
    if (!isAlive) return unknown(deaf(expected));
    if (asked === 0) return unknown('ordinary requests were lost too');
    if (!isHonoured) return unknown(`${formatEndpoint(server)} was not seen to answer from ${source} even where no filter is in the way, so its silence proves nothing`);
    return { passes: false, confidence: 1 - loss ** asked, because: `${asked} times no answer from ${source}, while ordinary answers came, and with a hole opened there it did answer` };
  }
}

function deaf(expected: Endpoint): string {
  return `${formatEndpoint(expected)} does not answer when it is asked itself, so its silence proves nothing`;
}
