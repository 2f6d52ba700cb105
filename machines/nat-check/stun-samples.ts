/** From what a STUN check remembers to the samples that are judged. Pure. */
import { ANYWHERE } from '../../effects/endpoint.ts';
import type { FilterAnswer, FilterSample, HairpinSample, MappingSample, PortSample, Samples } from './samples.ts';
import { sampleOf } from './stun-lifetime.ts';
import { AGAIN, changesOf, observationId, sourceOf } from './stun-questions.ts';
import { answerOf, type Asked, changeLoss, type CheckContext, flowOf, ordinary } from './stun-session.ts';

export function samplesOf(context: CheckContext): Samples {
  const { opened, ownsReflexive, search, tcp } = context;
  const { local, addresses } = opened['map'] ?? { local: ANYWHERE, addresses: [] };
  const { sent, loss } = ordinary(context);
  return {
    local,
    addresses,
    loss,
    ordinary: sent,
    mappings: mappings(context),
    filters: filters(context),
    hairpin: hairpin(context),
    ports: ports(context),
    ownsReflexive,
    lifetime: search && sampleOf(search),
    tcp,
  };
}

function mappings({ asked }: CheckContext): MappingSample[] {
  return Object.values(asked)
    .filter(({ question }) => question.id.startsWith('map>') || question.id === AGAIN)
    .map(({ question, times, answer, refusal }) => ({ server: question.to, asked: times, mapped: answer?.mapped, rewritten: answer?.rewritten, refusal }));
}

function filters(context: CheckContext): FilterSample[] {
  const { asked, primary, other } = context;
  if (!primary) return [];
  const loss = Math.max(ordinary(context).loss, changeLoss(context));
  return changesOf(primary, other).flatMap((change) => {
    const test = asked[`filter/${change}`];
    if (!test) return [];
    const expected = other && sourceOf(change, primary, other);
    const counted = withCompanion(test, asked['filter/plain']);
    const isAlive = expected !== undefined && answerOf(context, observationId(expected)) !== undefined;
    const control = asked[`control/${change}`];
    return [{ change, server: primary, expected, asked: counted, answer: verdictOn(test), isAlive, isHonoured: control !== undefined && verdictOn(control) === 'heard', loss }];
  });
}

/** An answer from the address that was asked, when it should be another, shows nothing of a filter. */
function verdictOn({ question: { change, to }, answer, refusal }: Asked): FilterAnswer {
  if (!answer) return refusal === undefined ? 'silent' : 'refused';
  const { host, port } = answer.from;
  const isChanged = change === 'port' ? host === to.host && port !== to.port : host !== to.host;
  return isChanged ? 'heard' : 'ignored';
}

function hairpin({ asked, hairpinFrom, unsent }: CheckContext): HairpinSample | undefined {
  const out = asked['hairpin/out'];
  const refused = out && unsent[flowOf(out.question.socket, out.question.to)];
  return out && { target: out.question.to, asked: Math.max(0, withCompanion(out, asked['hairpin/line']) - (refused?.times ?? 0)), heardFrom: hairpinFrom, unsent: refused?.detail };
}

/** The nth request of each kind left together with the nth ordinary one, whose answer shows that the line was up. */
function withCompanion({ times }: Asked, companion: Asked | undefined): number {
  return companion?.answered.filter((attempt) => attempt <= times).length ?? 0;
}

/** In the order in which the sockets first asked. */
function ports({ asked, opened }: CheckContext): PortSample[] {
  return Object.values(asked)
    .filter(({ question }) => question.id.endsWith('/plain'))
    .map(({ question, answer, answered }) => ({
      local: opened[question.socket]?.local.port ?? 0,
      mapped: answer?.mapped,
      isPrompt: answered.includes(1),
    }));
}
